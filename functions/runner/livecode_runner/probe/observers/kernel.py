"""The kernel: its release, its security modules, Landlock's ABI, its settings and its processor's weaknesses."""

import os
from pathlib import Path

from .calls import Json, Observer, describe, system_call

_LANDLOCK_CREATE_RULESET, _LANDLOCK_VERSION = 444, 1  # linux/landlock.h; the number is the same everywhere
_VULNERABILITIES = Path("/sys/devices/system/cpu/vulnerabilities")
# Those that a seccomp filter or prctl(PR_SET_SPECULATION_CTRL) can have something to do with, and the two best known.
_WEAKNESSES = ("spec_store_bypass", "spectre_v1", "spectre_v2", "l1tf", "mds", "meltdown")
_SETTINGS = (
    "kernel/yama/ptrace_scope",
    "kernel/unprivileged_bpf_disabled",
    "kernel/unprivileged_userns_clone",
    "kernel/io_uring_disabled",
    "kernel/perf_event_paranoid",
    "kernel/dmesg_restrict",
    "kernel/pid_max",
    "kernel/seccomp/actions_avail",
    "user/max_user_namespaces",
    "vm/overcommit_memory",
    "vm/unprivileged_userfaultfd",
    "fs/pipe-max-size",
)
_MITIGATION_PARAMETERS = ("mitigations", "spec_store_bypass_disable", "spectre_v2", "spectre_v2_user", "nopti", "nosmt")


def read_line(path: Path) -> str:
    return " ".join(path.read_text(errors="replace").split())


def read_each(folder: Path, names: tuple[str, ...]) -> dict[str, Json]:
    """Reads files by name; None for one that is not there, and what is wrong with one in the place of its text."""
    found: dict[str, Json] = {}
    for name in names:
        try:
            found[name] = read_line(folder / name)
        except FileNotFoundError:
            found[name] = None
        except OSError as error:
            found[name] = describe(error)
    return found


def processor() -> Json:
    """Names the processor's model; arm64 has no name there."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), os.uname().machine)


def memory_mib() -> Json:
    total = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal:"))
    return int(total.split()[1]) // 1024


def mitigation_parameters() -> Json:
    """Returns those words of the kernel's command line that name mitigations, and no others."""
    words = Path("/proc/cmdline").read_text().split()
    return [word for word in words if word.split("=")[0] in _MITIGATION_PARAMETERS]


OBSERVERS: dict[str, Observer] = {
    "release": lambda: os.uname().release,
    "version": lambda: os.uname().version,
    "machine": lambda: os.uname().machine,
    "processor": processor,
    "processors": lambda: len(os.sched_getaffinity(0)),
    "memory_mib": memory_mib,
    "security_modules": lambda: read_line(Path("/sys/kernel/security/lsm")),
    "landlock_abi": lambda: system_call(_LANDLOCK_CREATE_RULESET, 0, 0, _LANDLOCK_VERSION),
    "settings": lambda: read_each(Path("/proc/sys"), _SETTINGS),
    "mitigation_parameters": mitigation_parameters,
    "vulnerabilities": lambda: read_each(_VULNERABILITIES, _WEAKNESSES),
}
