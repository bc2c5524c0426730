"""Measures folder trees that strangers made: however deep, numerous, misnamed or restless.

Everything goes by folder descriptors and never follows a symbolic link, so no name can lead out of the tree. Whatever
is done to a tree while it is measured raises nothing.
"""

import errno
import os
import stat
from dataclasses import dataclass, field

from livecode_runner.sandbox.folders.entries import FOLDER_FLAGS

_OPEN_LEVELS = 32  # folders held open at a time while measuring, beside the first
_ENTRY_BYTES = 1024  # an empty file costs an inode, and a further name of a file work: count it as something
# What an entry is no longer there with, or no longer as the folder that it was.
_MOVED = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ESTALE})


@dataclass(kw_only=True)
class Counted:
    """What was counted in one look, in whatever trees: an inode counts once.

    Not `complete` if something may not be read; `disturbed` if something was gone before we came to it.
    """

    inodes: set[tuple[int, int]] = field(default_factory=set)
    complete: bool = True
    disturbed: bool = False

    def add(self, status: os.stat_result) -> int:
        """Counts one name of an inode; returns the bytes of disk that it adds, or the least that a name counts."""
        inode = status.st_dev, status.st_ino
        if inode in self.inodes:
            return _ENTRY_BYTES
        self.inodes.add(inode)
        return max(status.st_blocks * 512, _ENTRY_BYTES)

    def miss(self, error: OSError) -> None:
        if error.errno in _MOVED:
            self.disturbed = True
        else:
            self.complete = False


@dataclass(kw_only=True)
class _Level:
    """A folder on the way down, with its subfolders that wait to be entered. `descriptor` None: reached by `..`."""

    inode: tuple[int, int]
    descriptor: int | None
    waiting: list[str]


def measure_tree(folder: int, limit_bytes: int, counted: Counted | None = None) -> int:
    """Measures the disk space below an open folder, in bytes, whatever its depth; stops once over the limit.

    What is in `counted` already adds nothing.
    """
    counted = Counted() if counted is None else counted
    counted.inodes.add(_inode(folder))
    total, waiting = _measure_folder(folder, limit_bytes, counted)
    levels = [_Level(inode=_inode(folder), descriptor=os.dup(folder), waiting=waiting)]
    try:
        while levels and total <= limit_bytes:
            level = levels[-1]
            if not level.waiting:
                _leave(levels, counted)
                continue
            assert level.descriptor is not None
            try:
                descriptor = os.open(level.waiting.pop(), FOLDER_FLAGS, dir_fd=level.descriptor)
            except OSError as error:
                counted.miss(error)
                continue
            levels.append(_Level(inode=_inode(descriptor), descriptor=descriptor, waiting=[]))
            added, levels[-1].waiting = _measure_folder(descriptor, limit_bytes - total, counted)
            total += added
            _close_upper(levels)
    finally:
        for level in levels:
            if level.descriptor is not None:
                os.close(level.descriptor)
    return total


def measure_entry(parent: int, name: str, limit_bytes: int, counted: Counted) -> int:
    """Measures the disk space of a file or a whole tree, in bytes; stops once over the limit."""
    try:
        status = os.stat(name, dir_fd=parent, follow_symlinks=False)
        known = (status.st_dev, status.st_ino) in counted.inodes
        total = counted.add(status)
        if known or not stat.S_ISDIR(status.st_mode) or total > limit_bytes:
            return total
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=parent)
    except OSError as error:
        counted.miss(error)
        return 0
    try:
        return total + measure_tree(descriptor, limit_bytes - total, counted)
    finally:
        os.close(descriptor)


def _measure_folder(folder: int, limit_bytes: int, counted: Counted) -> tuple[int, list[str]]:
    """Measures the entries of one folder.

    Returns their bytes, and the names of the folders that are not counted yet.
    """
    total, folders = 0, []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    status = entry.stat(follow_symlinks=False)
                except OSError as error:
                    counted.miss(error)
                    continue
                if stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in counted.inodes:
                    folders.append(entry.name)
                total += counted.add(status)
                if total > limit_bytes:
                    break
    except FileNotFoundError:
        pass  # a removed folder: nothing is in it
    except OSError as error:
        counted.miss(error)
    return total, folders


def _leave(levels: list[_Level], counted: Counted) -> None:
    """Goes back to the folder above, or to the first one if somebody has moved the current one elsewhere."""
    left = levels.pop()
    assert left.descriptor is not None
    try:
        if levels and levels[-1].descriptor is None:
            levels[-1].descriptor = _open_parent(left.descriptor, levels[-1].inode)
    except OSError:
        del levels[1:]
        counted.complete = False
    finally:
        os.close(left.descriptor)


def _open_parent(folder: int, inode: tuple[int, int]) -> int:
    """Raises OSError if it is not the one that it was."""
    descriptor = os.open("..", FOLDER_FLAGS, dir_fd=folder)
    if _inode(descriptor) == inode:
        return descriptor
    os.close(descriptor)
    raise NotADirectoryError


def _close_upper(levels: list[_Level]) -> None:
    if len(levels) > _OPEN_LEVELS + 1:
        upper = levels[-_OPEN_LEVELS - 1]
        if upper.descriptor is not None:
            os.close(upper.descriptor)
            upper.descriptor = None


def _inode(descriptor: int) -> tuple[int, int]:
    status = os.fstat(descriptor)
    return status.st_dev, status.st_ino
