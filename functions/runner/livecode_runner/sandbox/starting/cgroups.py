"""A memory control group (version 2) for each phase, where the runner may make them: it bounds what looking at
processes cannot see, what waits in sockets and pipes, and what grows faster than we look.

A group is made below the nearest one above us that hands out `memory`; our own cannot, since a group with processes in
it hands out nothing (cgroups(7)). Version 1 is left alone: a process cannot be made in its groups, only moved there,
and that waits for an RCU grace period, 13 ms for each run. Tasks are bounded by RLIMIT_NPROC: whoever has the privilege
for this has a uid for each run too.
"""

import contextlib
import errno
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livecode_runner.sandbox.phase import SandboxFailed

_REMOVE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Hierarchy:
    """Where groups are made."""

    parent: Path

    @classmethod
    def find(cls) -> "Hierarchy | None":
        """Finds where we may make groups that bound memory; None if that is nowhere."""
        try:
            own, root = Path("/proc/self/cgroup").read_text(), _find_mount(Path("/proc/self/mounts").read_text())
        except OSError:
            return None
        parent = _find_parent_group(root, own) if root is not None else None
        return cls(parent=parent) if parent is not None and os.access(parent, os.W_OK) else None

    @contextlib.contextmanager
    def open_group(self, name: str, memory_bytes: int) -> Iterator["Cgroup"]:
        """Makes a group for a while.

        Raises SandboxFailed if there can be none. Nobody else may use the name meanwhile.
        """
        group = Cgroup(folder=self.parent / name)
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
        (folder / "memory.max").write_text(str(memory_bytes))
        with contextlib.suppress(FileNotFoundError):  # a kernel without swap accounting
            (folder / "memory.swap.max").write_text("0")


@dataclass(frozen=True, kw_only=True)
class Cgroup:
    """A group without processes at first: the launcher makes the program in it."""

    folder: Path

    def has_killed(self) -> bool:
        """Whether the kernel killed a process because the group had no memory left."""
        counts = dict(line.split() for line in (self.folder / "memory.events").read_text().splitlines())
        return int(counts["oom_kill"]) > 0


def _find_mount(mounts: str) -> Path | None:
    """Finds where cgroup2 is mounted in the text of /proc/PID/mounts (proc(5))."""
    for line in mounts.splitlines():
        _, place, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(place)
    return None


def _find_parent_group(root: Path, own_groups: str) -> Path | None:
    """Finds the nearest group above our own that hands out `memory`.

    Our own is the line of hierarchy 0 in /proc/PID/cgroup.
    """
    own = next((line.removeprefix("0::/") for line in own_groups.splitlines() if line.startswith("0::/")), "")
    for group in (root / own).parents if own else (root,):  # the root itself may hold processes and hand out
        with contextlib.suppress(OSError):
            if "memory" in (group / "cgroup.subtree_control").read_text().split():
                return group
        if group == root:
            break
    return None


def _remove(folder: Path) -> None:
    """Removes a group, which the kernel allows a moment after the group's last process has ended."""
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
