"""A memory control group for each phase, where the runner may make them: it bounds what looking at processes cannot see
(what waits in sockets and pipes, files in memory), and what grows faster than we look.

    version 1    a folder below our own group in the `memory` hierarchy
    version 2    a folder below the nearest group above us that hands out `memory`; our own cannot, since a group with
                 processes in it hands out nothing

(cgroups(7).) Tasks are bounded by RLIMIT_NPROC: whoever has the privilege for this has a uid for each run too.
"""

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .phase import SandboxFailed

_REMOVE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Where groups are made, and what their files are called; `events` counts kills for want of memory."""

    parent: Path
    limits: tuple[str, ...]
    events: str

    @classmethod
    def find(cls) -> "Hierarchy | None":
        """None where we may make no groups that bound memory."""
        try:
            own = dict(_own_groups(Path("/proc/self/cgroup").read_text()))
            mounts = dict(_mounts(Path("/proc/self/mounts").read_text()))
        except OSError:
            return None
        hierarchy = _version_2(own, mounts) or _version_1(own, mounts)
        return hierarchy if hierarchy is not None and os.access(hierarchy.parent, os.W_OK) else None

    @contextlib.contextmanager
    def open_group(self, name: str, memory_bytes: int) -> Iterator["Cgroup"]:
        """Raises SandboxFailed if there can be none. Nobody else may use the name meanwhile."""
        group = Cgroup(folder=self.parent / name, events=self.parent / name / self.events)
        try:
            try:
                self._make(group.folder, memory_bytes)
            except OSError as error:
                raise SandboxFailed(f"no control group can be made: {error.strerror}") from error
            yield group
        finally:
            _remove(group.folder)

    def _make(self, folder: Path, memory_bytes: int) -> None:
        with contextlib.suppress(FileExistsError):  # of a runner that was killed
            folder.mkdir()
        for file in self.limits:
            if (folder / file).exists():  # without swap accounting there is no limit of swap
                (folder / file).write_text(str(memory_bytes))


@dataclass(frozen=True, kw_only=True)
class Cgroup:
    """A group without processes at first: the launcher joins it."""

    folder: Path
    events: Path

    def has_killed(self) -> bool:
        """Whether the kernel killed a process because the group had no memory left."""
        counts = dict(line.split() for line in self.events.read_text().splitlines())
        return int(counts["oom_kill"]) > 0


def _own_groups(text: str) -> Iterator[tuple[str, str]]:
    """Our group by controller, by "" in version 2 (/proc/PID/cgroup)."""
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            yield controller, path


def _mounts(text: str) -> Iterator[tuple[str, Path]]:
    """Where hierarchies are mounted, likewise."""
    for line in text.splitlines():
        _, place, kind, options, *_ = line.split()
        if kind == "cgroup2":
            yield "", Path(place)
        elif kind == "cgroup":
            for option in options.split(","):
                yield option, Path(place)


def _version_1(own: dict[str, str], mounts: dict[str, Path]) -> Hierarchy | None:
    if "memory" not in own or "memory" not in mounts:
        return None
    parent = mounts["memory"] / own["memory"].lstrip("/")
    return Hierarchy(parent=parent, limits=("memory.limit_in_bytes",), events="memory.oom_control")


def _version_2(own: dict[str, str], mounts: dict[str, Path]) -> Hierarchy | None:
    if "" not in own or "" not in mounts:
        return None
    root = mounts[""]
    for group in (root / own[""].lstrip("/")).parents:
        with contextlib.suppress(OSError):
            if "memory" in (group / "cgroup.subtree_control").read_text().split():
                return Hierarchy(parent=group, limits=("memory.max", "memory.swap.max"), events="memory.events")
        if group == root:
            break
    return None


def _remove(folder: Path) -> None:
    """The kernel lets a group go a moment after its last process."""
    deadline = time.monotonic() + _REMOVE_SECONDS
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                return
            time.sleep(0.001)
        else:
            return
