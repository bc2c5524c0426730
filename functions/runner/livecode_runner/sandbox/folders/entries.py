"""Looks at single entries of folders that strangers may have made, by open folders and names."""

import os
from pathlib import Path

# For places of the machine, which may be reached by a link: /tmp may be one.
LINKED_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# For all else: no name leads out of a tree.
FOLDER_FLAGS = LINKED_FOLDER_FLAGS | os.O_NOFOLLOW


def list_names(folder: int) -> frozenset[str]:
    """Lists the names of all entries of an open folder."""
    with os.scandir(folder) as entries:
        return frozenset(entry.name for entry in entries)


def entry_exists(parent: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=parent, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def make_accessible(parent: int, name: str) -> None:
    """Gives us back the rights on a folder of ours."""
    descriptor = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        if os.fstat(descriptor).st_mode & 0o700 != 0o700:
            Path(f"/proc/self/fd/{descriptor}").chmod(0o700)  # fchmod refuses O_PATH descriptors
    finally:
        os.close(descriptor)
