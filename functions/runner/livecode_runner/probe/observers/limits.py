"""Resource limits, and the control group's."""

import resource
from pathlib import Path

from .calls import Json, Observer
from .kernel import read_each, read_line

_GROUPS = Path("/sys/fs/cgroup")
_VERSION_1 = ("memory/memory.limit_in_bytes", "pids/pids.max", "cpu/cpu.cfs_quota_us")
_VERSION_2 = ("memory.max", "memory.swap.max", "pids.max", "cpu.max")


def resource_limits() -> Json:
    """Reads the resource limits, by name, as `soft/hard`."""
    names = {getattr(resource, name): name for name in sorted(dir(resource)) if name.startswith("RLIMIT_")}
    return {name.removeprefix("RLIMIT_").lower(): _limit(number) for number, name in sorted(names.items())}


def _limit(number: int) -> str:
    values = ["unlimited" if value == resource.RLIM_INFINITY else str(value) for value in resource.getrlimit(number)]
    return values[0] if values[0] == values[1] else "/".join(values)


def cgroup() -> Json:
    """Reads the version of control groups and their limits: version 2 in our own group, version 1 in the root's."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = next((line.removeprefix("0::").lstrip("/") for line in lines if line.startswith("0::")), None)
    versions = [
        version for version, is_there in ((1, len(lines) > (own is not None)), (2, own is not None)) if is_there
    ]
    limits = read_each(_GROUPS, _VERSION_1) | read_each(_GROUPS / (own or ""), _VERSION_2)
    return {"versions": versions, **{name: value for name, value in limits.items() if value is not None}}


OBSERVERS: dict[str, Observer] = {
    "resources": resource_limits,
    "cgroup": cgroup,
    "oom_score_adj": lambda: int(read_line(Path("/proc/self/oom_score_adj"))),
}
