"""Removes what a run left in the folders that everybody may write to.

With a uid of its own everything of that uid goes. Without one, what appeared in these folders during the run goes, but
only where no other process of our uid could have made it (a Lambda environment, a container). Not covered: files put
into older folders of our uid, and older files that were changed; only Landlock prevents those.
"""

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .files import measure_tree, remove_entry
from .processes import all_pids, read_stat, real_uid

SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What is in the shared folders now, so that it can be told later what is new. `uid` None means our own."""

    folders: tuple[str, ...]
    uid: int | None
    _earlier: dict[str, frozenset[str]]

    @classmethod
    def watch(cls, folders: Iterable[str], uid: int | None) -> "Leftovers":
        folders = tuple(folder for folder in folders if os.access(folder, os.R_OK | os.W_OK | os.X_OK))
        earlier = {} if uid is not None else {folder: frozenset(_names(folder)) for folder in folders}
        return cls(folders=folders, uid=uid, _earlier=earlier)

    def measure(self, limit_bytes: int) -> int:
        """Disk space of what is new; stops once it is over the limit."""
        total = 0
        for folder in self.folders:
            with _opened(folder) as descriptor:
                for name in self._new(folder, descriptor):
                    status = os.stat(name, dir_fd=descriptor, follow_symlinks=False)
                    total += status.st_blocks * 512
                    with contextlib.suppress(OSError):  # not a folder, or gone
                        inner = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=descriptor)
                        try:
                            total += measure_tree(inner, limit_bytes)
                        finally:
                            os.close(inner)
        return total

    def remove(self) -> None:
        for folder in self.folders:
            with _opened(folder) as descriptor:
                for name in self._new(folder, descriptor):
                    remove_entry(descriptor, name)

    def _new(self, folder: str, descriptor: int) -> list[str]:
        owner = os.geteuid() if self.uid is None else self.uid
        names = set(_names(folder)) - self._earlier.get(folder, frozenset())
        new = []
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                if os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_uid == owner:
                    new.append(name)
        return new


def alone() -> bool:
    """Whether we, those we come from and our children are the only processes of our uid that can be seen."""
    uid, own = os.getuid(), os.getpid()
    family, pid = {own}, own
    while (stat := read_stat(pid)) and stat.parent > 0:
        pid = stat.parent
        family.add(pid)
    others = (pid for pid in all_pids() if pid not in family and real_uid(pid) == uid)
    return all((stat := read_stat(pid)) is None or stat.parent == own for pid in others)


def _names(folder: str) -> list[str]:
    with contextlib.suppress(FileNotFoundError, PermissionError), os.scandir(folder) as entries:
        return [entry.name for entry in entries]
    return []


@contextlib.contextmanager
def _opened(folder: str) -> Iterator[int]:
    descriptor = os.open(folder, _FOLDER_FLAGS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
