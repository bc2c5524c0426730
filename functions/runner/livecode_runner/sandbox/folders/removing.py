"""Removes folder trees that strangers made: however deep, numerous, undeletable, misnamed or restless.

Everything goes by folder descriptors and never follows a symbolic link, so no name can lead out of the tree.
"""

import contextlib
import os
import stat

from livecode_runner.sandbox.folders.entries import FOLDER_FLAGS, entry_exists, make_accessible

_ATTEMPTS = 5  # at removing what others change meanwhile


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
    """Takes everybody else's rights on a folder; with `seize` it also becomes ours where we may.

    A stranger who is still alive could otherwise take its rights back.
    """
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
