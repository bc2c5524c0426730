"""Measures and removes folder trees that strangers made: however deep, numerous, undeletable or misnamed.

Everything goes by folder descriptors and never follows a symbolic link, so no name can lead out of the tree.
"""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

_MAX_DEPTH = 200  # folders held open at a time while measuring
_ENTRY_BYTES = 1024  # an empty file costs an inode: count it as something
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def measure_tree(folder: int, limit_bytes: int) -> int:
    """Disk space below an open folder. Stops once it is over the limit, and does not look below 200 levels."""
    total = 0
    levels: list[tuple[int, Iterator[os.DirEntry[str]]]] = []

    def enter(descriptor: int) -> None:
        levels.append((descriptor, iter(_entries(descriptor))))

    enter(os.dup(folder))
    try:
        while levels:
            descriptor, entries = levels[-1]
            entry = next(entries, None)
            if entry is None:
                os.close(levels.pop()[0])
                continue
            with contextlib.suppress(OSError):  # gone meanwhile, or made unreadable: such a folder is small
                status = entry.stat(follow_symlinks=False)
                total += max(status.st_blocks * 512, _ENTRY_BYTES)
                if stat.S_ISDIR(status.st_mode) and len(levels) < _MAX_DEPTH:
                    enter(os.open(entry.name, _FOLDER_FLAGS, dir_fd=descriptor))
            if total > limit_bytes:
                break
    finally:
        for descriptor, _ in levels:
            os.close(descriptor)
    return total


def remove_entry(parent: int, name: str) -> None:
    """Removes a file or a whole tree. Nobody may be changing it meanwhile.

    Folders inside are moved up beside their parent before it is removed: the work is a flat list, whatever the depth.
    """
    if not _is_folder(parent, name):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name, dir_fd=parent)
        return
    top = _open_folder(parent, name)
    try:
        number = 0
        pending = _empty(top)
        while pending:
            subfolder = pending.pop()
            try:
                os.rmdir(subfolder, dir_fd=top)
                continue
            except OSError:  # mostly it is not empty
                descriptor = _open_folder(top, subfolder)
            try:
                for inner in _empty(descriptor):
                    number += 1
                    moved = f".removing-{number}"
                    while _exists(top, moved):
                        number += 1
                        moved = f".removing-{number}"
                    _move(descriptor, inner, top, moved)
                    pending.append(moved)
            finally:
                os.close(descriptor)
            os.rmdir(subfolder, dir_fd=top)
    finally:
        os.close(top)
    os.rmdir(name, dir_fd=parent)


def make_accessible(parent: int, name: str) -> None:
    """Gives us back the rights on a folder of ours."""
    descriptor = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if os.fstat(descriptor).st_mode & 0o700 != 0o700:
            Path(f"/proc/self/fd/{descriptor}").chmod(0o700)  # fchmod refuses O_PATH descriptors
    finally:
        os.close(descriptor)


def _entries(folder: int) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        return list(entries)


def _empty(folder: int) -> list[str]:
    """Removes the files; returns the names of the folders."""
    folders = []
    for entry in _entries(folder):
        if entry.is_dir(follow_symlinks=False):
            folders.append(entry.name)
        else:
            os.unlink(entry.name, dir_fd=folder)
    return folders


def _open_folder(parent: int, name: str) -> int:
    """Opens it, so that what is in it can be listed and removed."""
    try:
        descriptor = os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    except PermissionError:
        make_accessible(parent, name)
        return os.open(name, _FOLDER_FLAGS, dir_fd=parent)
    if os.fstat(descriptor).st_mode & 0o700 != 0o700:
        os.fchmod(descriptor, 0o700)
    return descriptor


def _move(source: int, name: str, destination: int, new_name: str) -> None:
    try:
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=destination)
    except PermissionError:  # moving a folder changes its `..`: that needs the right to write to it
        make_accessible(source, name)
        os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=destination)


def _is_folder(parent: int, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _exists(parent: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
