"""Finds out which layers work together here, by running a probe behind them that reports what it could still do."""

import contextlib
import os
import signal
from collections.abc import Collection
from dataclasses import dataclass

from livecode_runner.sandbox.folders.run_folders import FIRST_UID
from livecode_runner.sandbox.layers import NAMESPACES, Layer
from livecode_runner.sandbox.phase import SandboxFailed
from livecode_runner.sandbox.starting.built import LAUNCHER, filter_argument, namespace_arguments
from livecode_runner.sandbox.starting.cgroups import Hierarchy
from livecode_runner.sandbox.starting.spawn import spawn

_OUTPUT_BYTES = 4096  # more than a probe prints
_CGROUP_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """What the probe found: which layers hold it, and what of others it could read all the same."""

    no_new_privs: bool
    seccomp: bool
    landlock_abi: int
    uid: int
    runner_unreadable: bool
    readable_environments: int


def probe_layers(layers: dict[Layer, bool], without: Collection[str]) -> ProbeReport | None:
    """Finds the most layers that work together, and sets `separate_uid` and `landlock` in `layers`.

    Returns what a probe behind them found; None if not even the launcher works. Those in `without` are not tried.
    """
    if Layer.LAUNCHER in without or not os.access(LAUNCHER, os.X_OK):
        return None
    for separate_uid in (True, False):
        for landlock in (True, False):
            for seccomp in (True, False):
                wanted = {Layer.SEPARATE_UID: separate_uid, Layer.LANDLOCK: landlock, Layer.SECCOMP: seccomp}
                if any(is_on and layer in without for layer, is_on in wanted.items()):
                    continue
                arguments = [f"uid={FIRST_UID}"] if separate_uid else []
                arguments += ["read=/proc"] if landlock else []
                arguments += [filter_argument(separate_uid)] if seccomp else []
                report = probe(arguments)
                if report is not None:
                    layers[Layer.SEPARATE_UID], layers[Layer.LANDLOCK] = separate_uid, landlock
                    return report
    return None


def probe_namespaces(layers: dict[Layer, bool], without: Collection[str], report: ProbeReport) -> ProbeReport:
    """Sets in `layers` each kind of namespace that can be had; returns what the last probe found.

    `report` is what a probe without namespaces found.
    """
    settled = [f"uid={FIRST_UID}"]
    settled += ["read=/proc"] if layers[Layer.LANDLOCK] else []
    settled += [filter_argument(own_uid=True)] if layers[Layer.SECCOMP] else []
    for layer in NAMESPACES:
        layers[layer] = layer not in without
        binds = ["bind=/tmp", "over=/tmp"] if layers[Layer.MOUNT_NAMESPACE] else []  # what view.py needs, too
        found = probe([*settled, *namespace_arguments(layers), *binds]) if layers[layer] else None
        layers[layer] = found is not None
        report = found or report
    return report


def probe_cgroups(without: Collection[str]) -> Hierarchy | None:
    """Returns where groups can be made and joined; None where that is nowhere."""
    hierarchy = Hierarchy.find() if Layer.CGROUP not in without else None
    if hierarchy is None:
        return None
    with (
        contextlib.suppress(SandboxFailed),
        hierarchy.open_group(f"livecode-probe-{os.getpid()}", _CGROUP_BYTES) as group,
    ):
        if probe([f"uid={FIRST_UID}", f"cgroup={group.folder}"]) is not None:
            return hierarchy
    return None


def probe(arguments: list[str]) -> ProbeReport | None:
    """Runs a probe behind the layers that the launcher's arguments ask for; None if it cannot apply them."""
    try:
        program = spawn(LAUNCHER, [*arguments, "probe"], {})
    except SandboxFailed:
        return None
    try:
        _, status = os.waitpid(program.pid, 0)
        lines = os.read(program.stdout, _OUTPUT_BYTES).decode().splitlines() if status == 0 else []
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
