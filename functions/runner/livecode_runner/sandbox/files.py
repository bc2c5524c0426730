"""Measures and removes folder trees that strangers made: however deep, numerous, undeletable, misnamed or restless.

Everything goes by folder descriptors and never follows a symbolic link, so no name can lead out of the tree. Whatever
is done to a tree while it is measured raises nothing.
"""

import contextlib
import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

_OPEN_LEVELS = 32  # folders held open at a time while measuring, beside the first
_ENTRY_BYTES = 1024  # an empty file costs an inode, and a further name of a file work: count it as something
_ATTEMPTS = 5  # at removing what others change meanwhile
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
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
        """The disk space that its inode adds, and the least that a name counts."""
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
    """Disk space below an open folder, whatever its depth, but for what is in `counted`; stops once over the limit."""
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
    """Disk space of a file or a whole tree; stops once over the limit."""
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
    """Disk space of the entries of one folder, and the names of the folders among them that are not counted yet."""
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
    """Back to the folder above; to the first, if somebody has moved us to another."""
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


def remove_entry(parent: int, name: str) -> None:
    """Removes a file or a whole tree. Raises OSError if others put back faster what we remove."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            is_folder = stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return
        try:
            if not is_folder:
                os.unlink(name, dir_fd=parent)
                return
            folder = _open_folder(parent, name, seize=attempt > 1)
            try:
                _empty_tree(folder, seize=attempt > 1)
            finally:
                os.close(folder)
            os.rmdir(name, dir_fd=parent)
            return
        except OSError:
            if attempt == _ATTEMPTS:
                raise


def empty_folder(folder: int) -> None:
    """Removes what is in an open folder of ours, wherever that is. Raises OSError like `remove_entry`."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            _make_private(folder, seize=attempt > 1)
            _empty_tree(folder, seize=attempt > 1)
            return
        except FileNotFoundError:
            if os.fstat(folder).st_nlink == 0 or attempt == _ATTEMPTS:
                return  # it has been removed itself
        except OSError:
            if attempt == _ATTEMPTS:
                raise


def make_accessible(parent: int, name: str) -> None:
    """Gives us back the rights on a folder of ours."""
    descriptor = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if os.fstat(descriptor).st_mode & 0o700 != 0o700:
            Path(f"/proc/self/fd/{descriptor}").chmod(0o700)  # fchmod refuses O_PATH descriptors
    finally:
        os.close(descriptor)


def _empty_tree(top: int, *, seize: bool) -> None:
    """Folders inside are moved up beside their parent before it is removed: a flat list, whatever the depth."""
    number = 0
    pending = _remove_files(top)
    while pending:
        subfolder = pending.pop()
        try:
            os.rmdir(subfolder, dir_fd=top)
            continue
        except OSError:  # mostly it is not empty
            descriptor = _open_folder(top, subfolder, seize=seize)
        try:
            for inner in _remove_files(descriptor):
                number += 1
                moved = f".removing-{number}"
                while entry_exists(top, moved):
                    number += 1
                    moved = f".removing-{number}"
                _move(descriptor, inner, top, moved)
                pending.append(moved)
        finally:
            os.close(descriptor)
        os.rmdir(subfolder, dir_fd=top)


def _remove_files(folder: int) -> list[str]:
    """Returns the names of the folders, which stay."""
    folders = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.name)
            else:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.name, dir_fd=folder)
    return folders


def _open_folder(parent: int, name: str, *, seize: bool) -> int:
    """Opens it, so that what is in it can be listed and removed, and nobody else puts something there."""
    try:
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=parent)
    except PermissionError:
        make_accessible(parent, name)
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=parent)
    try:
        _make_private(descriptor, seize=seize)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _make_private(folder: int, *, seize: bool) -> None:
    """`seize` makes it ours, where we may, if it is that of a stranger who is still there."""
    status = os.fstat(folder)
    if seize and status.st_uid != os.geteuid():
        with contextlib.suppress(PermissionError):
            os.fchown(folder, os.geteuid(), -1)
    if status.st_mode & 0o722 != 0o700:
        os.fchmod(folder, 0o700)


def _move(source: int, name: str, destination: int, new_name: str) -> None:
    try:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=destination)
    except PermissionError:  # moving a folder changes its `..`: that needs the right to write to it
        make_accessible(source, name)
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=destination)


def names_in(folder: int) -> frozenset[str]:
    """Of all entries of an open folder."""
    with os.scandir(folder) as entries:
        return frozenset(entry.name for entry in entries)


def entry_exists(parent: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
