"""Counts the sockets of a run: what waits in them is memory of the kernel, which is nobody's resident memory."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass

from livecode_runner.sandbox.kernel.descriptors import descriptors

# A program here has no network; 256 sockets can hold some 100 MiB (net.core.wmem_max, twice, for each).
SOCKET_LIMIT = 256


@dataclass(frozen=True, kw_only=True)
class SocketCount:
    """Counts the sockets of a program's network namespace, which others may share.

    Cheap, so that it can be asked often.
    """

    _descriptor: int
    _at_start: int

    @classmethod
    def open(cls, pid: int) -> "SocketCount | None":
        """Notes how many sockets there are now; None if the process is gone, or the kernel does not say."""
        try:
            descriptor = os.open(f"/proc/{pid}/net/sockstat", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            return None
        return cls(_descriptor=descriptor, _at_start=_read(descriptor))

    def close(self) -> None:
        os.close(self._descriptor)

    def exceeded(self, pids: Iterable[int], uid: int | None) -> bool:
        """Whether these processes have more sockets than a run may hold.

        Others open sockets too: whose they are is looked at only if there are too many new ones.
        """
        new = _read(self._descriptor) - self._at_start
        return new > SOCKET_LIMIT and _held(pids, uid, unknown=new) > SOCKET_LIMIT


def _read(descriptor: int) -> int:
    """Reads the number of sockets from the first line of sockstat, `sockets: used 12` (proc(5))."""
    return int(os.pread(descriptor, 64, 0).split(maxsplit=3)[2])


def _held(pids: Iterable[int], uid: int | None, *, unknown: int) -> int:
    """Counts the sockets of these processes, each once, however many of them have it.

    Whoever hides its descriptors from us, or lets some wait in a socket, is taken to hold all.
    """
    inodes: set[int] = set()
    for pid in pids:
        found = descriptors(pid, uid)
        if found is None or any(each.carries_files for each in found):
            return unknown
        inodes.update(each.status.st_ino for each in found if stat.S_ISSOCK(each.status.st_mode))
    return len(inodes)
