"""What its owner can set on a folder, beside what is in it: mode, flags, access control lists and other attributes.

A program with our uid can set them on folders that outlive it, so that whatever is made there later is out of reach (a
default ACL), slow (written through to the disk), or finds a message.
"""

import fcntl
import os
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass

_GET_FLAGS, _SET_FLAGS = 0x80086601, 0x40086602  # FS_IOC_GETFLAGS and FS_IOC_SETFLAGS (ioctl_iflags(2))
# Those that everybody may set on his own: FS_SYNC_FL, FS_NODUMP_FL, FS_NOATIME_FL, FS_DIRSYNC_FL. New folders inherit.
_SETTABLE = 0x8 | 0x40 | 0x80 | 0x10000
_FOREIGN_NAMES = ("user.", "system.posix_acl_")  # xattr(7): what an owner may set without privilege


@dataclass(frozen=True, kw_only=True)
class FolderAttributes:
    mode: int
    flags: int
    extended: Mapping[str, bytes]

    @classmethod
    def read(cls, folder: int) -> "FolderAttributes":
        return cls(
            mode=stat.S_IMODE(os.fstat(folder).st_mode),
            flags=_read_flags(folder) or 0,
            extended={name: os.getxattr(folder, name) for name in _extended_names(folder)},
        )

    def restore(self, folder: int) -> None:
        self._restore_mode(folder)
        names = _extended_names(folder)
        if names or self.extended:
            for name in names - self.extended.keys():
                os.removexattr(folder, name)
            for name, value in self.extended.items():
                if name not in names or os.getxattr(folder, name) != value:
                    os.setxattr(folder, name, value)
            self._restore_mode(folder)  # which a list may have narrowed
        flags = _read_flags(folder)
        if flags is not None and (flags ^ self.flags) & _SETTABLE:
            flags = flags & ~_SETTABLE | self.flags & _SETTABLE
            fcntl.ioctl(folder, _SET_FLAGS, struct.pack("l", flags))

    def _restore_mode(self, folder: int) -> None:
        if stat.S_IMODE(os.fstat(folder).st_mode) != self.mode:
            os.fchmod(folder, self.mode)


def _extended_names(folder: int) -> frozenset[str]:
    try:
        return frozenset(name for name in os.listxattr(folder) if name.startswith(_FOREIGN_NAMES))
    except OSError:  # the file system has none
        return frozenset()


def _read_flags(folder: int) -> int | None:
    """Reads the inode flags (chattr(1)); None if the file system has none."""
    try:
        return int(struct.unpack("l", fcntl.ioctl(folder, _GET_FLAGS, bytes(struct.calcsize("l"))))[0])
    except OSError:
        return None
