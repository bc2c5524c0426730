"""Finds out which layers work together here, by running a probe behind them."""

import contextlib
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from livecode_runner.sandbox.cgroups import Hierarchy
from livecode_runner.sandbox.folders import FIRST_UID
from livecode_runner.sandbox.layers import NAMESPACES, Layer, ProbeReport, probe
from livecode_runner.sandbox.phase import SandboxFailed

BUILD = Path(__file__).parent / "build"
LAUNCHER = str(BUILD / "launcher")
_PROBE_BYTES = 64 * 1024 * 1024


def probe_layers(layers: dict[Layer, bool], without: Collection[str]) -> ProbeReport | None:
    """Tries the most first. Sets `separate_uid` and `landlock` to what works together; None if nothing does."""
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
                report = probe(LAUNCHER, arguments)
                if report is not None:
                    layers[Layer.SEPARATE_UID], layers[Layer.LANDLOCK] = separate_uid, landlock
                    return report
    return None


def probe_namespaces(layers: dict[Layer, bool], without: Collection[str], report: ProbeReport) -> ProbeReport:
    """Sets each kind that can be had; returns what the last probe that had them found."""
    settled = [f"uid={FIRST_UID}"]
    settled += ["read=/proc"] if layers[Layer.LANDLOCK] else []
    settled += [filter_argument(own_uid=True)] if layers[Layer.SECCOMP] else []
    for layer in NAMESPACES:
        layers[layer] = layer not in without
        binds = ["bind=/tmp", "over=/tmp"] if layers[Layer.MOUNT_NAMESPACE] else []  # what view.py needs, too
        found = probe(LAUNCHER, [*settled, *namespace_arguments(layers), *binds]) if layers[layer] else None
        layers[layer] = found is not None
        report = found or report
    return report


def probe_cgroups(without: Collection[str]) -> Hierarchy | None:
    """None where no group can be made and joined."""
    hierarchy = Hierarchy.find() if Layer.CGROUP not in without else None
    if hierarchy is None:
        return None
    with (
        contextlib.suppress(SandboxFailed),
        hierarchy.open_group(f"livecode-probe-{os.getpid()}", _PROBE_BYTES) as group,
    ):
        if probe(LAUNCHER, [f"uid={FIRST_UID}", f"cgroup={group.folder}"]) is not None:
            return hierarchy
    return None


def namespace_arguments(layers: Mapping[Layer, bool]) -> list[str]:
    return [f"namespace={kind}" for layer, kind in NAMESPACES.items() if layers[layer]]


def filter_argument(own_uid: bool) -> str:
    return f"filter={BUILD / ('filter-own_uid.bpf' if own_uid else 'filter-shared_uid.bpf')}"
