"""Removes what a run left in the folders that everybody may write to.

With a uid of its own everything of that uid goes, also from folders inside that everybody may write to. Without one,
what appeared in these folders during the run goes, but only where no other process of our uid could have made it (a
Lambda environment, a container). Not covered: files put into older folders of our uid, and older files that were
changed; only Landlock prevents those.
"""

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livecode_runner.sandbox.folders.attributes import FolderAttributes
from livecode_runner.sandbox.folders.entries import FOLDER_FLAGS, LINKED_FOLDER_FLAGS, list_names
from livecode_runner.sandbox.folders.measuring import Counted, measure_entry
from livecode_runner.sandbox.folders.removing import remove_entry
from livecode_runner.sandbox.folders.run_folders import FIRST_UID, LAST_UID
from livecode_runner.sandbox.kernel.procfs import all_pids, read_stat, real_uid

SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_RUN_UIDS = range(FIRST_UID, LAST_UID + 1)


@dataclass(frozen=True, kw_only=True)
class Leftovers:
    """What is in the shared folders now, so that it can be told later what is new. `uid` None means our own.

    Where a folder itself is ours, and a program has our uid, it is also remembered what the program can set on it.
    """

    folders: tuple[str, ...]
    uid: int | None
    _earlier: Mapping[str, frozenset[str]]
    _attributes: Mapping[str, FolderAttributes]

    @classmethod
    def note_existing(cls, folders: Iterable[str], uid: int | None) -> "Leftovers":
        folders = tuple(folder for folder in folders if os.access(folder, os.R_OK | os.W_OK | os.X_OK))
        earlier, attributes = {}, {}
        for folder in folders if uid is None else ():
            with _opened(folder) as descriptor:
                earlier[folder] = list_names(descriptor)
                if os.fstat(descriptor).st_uid == os.geteuid():
                    attributes[folder] = FolderAttributes.read(descriptor)
        return cls(folders=folders, uid=uid, _earlier=earlier, _attributes=attributes)

    def measure(self, limit_bytes: int, counted: Counted) -> int:
        """Measures the disk space of what is new, in bytes; stops once it is over the limit."""
        total = 0
        for folder in self.folders:
            try:
                with _opened(folder) as descriptor:
                    for parent, name in self._new(folder, descriptor):
                        if total > limit_bytes:
                            return total
                        total += measure_entry(parent, name, limit_bytes - total, counted)
            except OSError as error:  # whatever the program did to it
                counted.miss(error)
        return total

    def remove(self) -> None:
        """Raises OSError if something stays."""
        for folder in self.folders:
            if folder in self._attributes:
                _make_accessible(folder)
            with _opened(folder) as descriptor:
                if folder in self._attributes:
                    self._attributes[folder].restore(descriptor)
                for parent, name in self._new(folder, descriptor):
                    remove_entry(parent, name)

    def _new(self, folder: str, descriptor: int) -> Iterator[tuple[int, str]]:
        """Yields what is new, each by its open folder and its name."""
        if self.uid is not None:
            yield from _entries_of(self.uid, descriptor)
            return
        for name in list_names(descriptor) - self._earlier.get(folder, frozenset()):
            if (status := _status(descriptor, name)) and status.st_uid == os.geteuid():
                yield descriptor, name


def has_uid_to_itself() -> bool:
    """Whether no process of our uid can be seen but ourselves, our ancestors and our children."""
    uid, own = os.getuid(), os.getpid()
    family, pid = {own}, own
    while (stat := read_stat(pid)) and stat.parent > 0:
        pid = stat.parent
        family.add(pid)
    others = (pid for pid in all_pids() if pid not in family and real_uid(pid) == uid)
    return all((stat := read_stat(pid)) is None or stat.parent == own for pid in others)


def _entries_of(uid: int, folder: int) -> Iterator[tuple[int, str]]:
    """Yields what a uid has in a folder, and in folders inside that everybody may write to, such as /tmp/.X11-unix.

    Those of other runs are left out: they go as a whole when their run ends, and may be as deep as their run likes.
    """
    for name in list_names(folder):
        status = _status(folder, name)
        if status is None:
            continue
        if status.st_uid == uid:
            yield folder, name
        elif stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_IWOTH and status.st_uid not in _RUN_UIDS:
            with (
                contextlib.suppress(FileNotFoundError, NotADirectoryError, PermissionError),
                _opened(name, folder) as inner,
            ):
                yield from _entries_of(uid, inner)


def _status(folder: int, name: str) -> os.stat_result | None:
    """Returns the status of an entry, not of what a link leads to; None if it is gone."""
    with contextlib.suppress(FileNotFoundError):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    return None


def _make_accessible(folder: str) -> None:
    """Gives us back the rights on a folder of ours; its mode is restored afterwards."""
    mode = stat.S_IMODE(Path(folder).stat().st_mode)
    if mode & 0o700 != 0o700:
        Path(folder).chmod(mode | 0o700)


@contextlib.contextmanager
def _opened(folder: str, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(folder, LINKED_FOLDER_FLAGS if parent is None else FOLDER_FLAGS, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
