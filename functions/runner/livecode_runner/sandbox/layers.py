"""The layers of the sandbox, found by trying: a probe runs behind all of them and reports what it could still do."""

import ctypes
import os
import signal
from dataclasses import dataclass
from enum import StrEnum

from livecode_runner.sandbox.phase import SandboxFailed
from livecode_runner.sandbox.spawn import spawn

# linux/prctl.h
_PR_SET_DUMPABLE, _PR_GET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 3, 36
_PROBE_BYTES = 4096
_libc = ctypes.CDLL(None, use_errno=True)


class Layer(StrEnum):
    LAUNCHER = "launcher"  # limits, session, no_new_privs, no inherited descriptors
    SECCOMP = "seccomp"
    DUMPABLE = "dumpable"  # the runner is not: nobody of its uid can read it
    SUBREAPER = "subreaper"
    LANDLOCK = "landlock"
    SEPARATE_UID = "separate_uid"  # of its own for each concurrent run
    PID_NAMESPACE = "pid_namespace"  # of its own too, like the next four
    MOUNT_NAMESPACE = "mount_namespace"
    NETWORK_NAMESPACE = "network_namespace"
    IPC_NAMESPACE = "ipc_namespace"
    CGROUP = "cgroup"  # bounds memory
    CLEAN_FOLDERS = "clean_folders"  # nothing is left in /tmp, /var/tmp, /dev/shm
    PRIVATE_ENVIRONMENTS = "private_environments"  # no process's environment could be read at start


NAMESPACES = {
    Layer.PID_NAMESPACE: "pid",
    Layer.MOUNT_NAMESPACE: "mount",
    Layer.NETWORK_NAMESPACE: "network",
    Layer.IPC_NAMESPACE: "ipc",
}


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    no_new_privs: bool
    seccomp: bool
    landlock_abi: int
    uid: int
    runner_unreadable: bool
    readable_environments: int


def make_unreadable() -> bool:
    """Our memory, environment and descriptors, for everyone of our uid (root without capabilities included)."""
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return bool(_libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)


def adopt_orphans() -> bool:
    """Processes below us that lose their parent become our children, rather than those of PID 1."""
    return bool(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


def probe(launcher: str, arguments: list[str]) -> ProbeReport | None:
    """None if the launcher cannot apply what the arguments ask for."""
    try:
        program = spawn(launcher, [*arguments, "probe"], {})
    except SandboxFailed:
        return None
    try:
        _, status = os.waitpid(program.pid, 0)
        lines = os.read(program.stdout, _PROBE_BYTES).decode().splitlines() if status == 0 else []
    except BlockingIOError:  # it printed nothing
        return None
    finally:
        if program.init is not None:
            os.kill(program.init, signal.SIGKILL)
            os.waitpid(program.init, 0)
        program.close()
    found = {name: int(value) for name, value in (line.split() for line in lines)}
    if not found:
        return None
    return ProbeReport(
        no_new_privs=bool(found["no_new_privs"]),
        seccomp=bool(found["seccomp"]),
        landlock_abi=found["landlock"],
        uid=found["uid"],
        runner_unreadable=bool(found["runner_unreadable"]),
        readable_environments=found["readable_environments"],
    )
