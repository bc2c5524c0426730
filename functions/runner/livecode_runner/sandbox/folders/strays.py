"""Counts what a program with our uid puts beside the folder of its run, or in the place of the base folder.

That it is removed is the base folder's work (run_folders.py): it removes whatever no runner locks.
"""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

from livecode_runner.sandbox.folders.entries import FOLDER_FLAGS, list_names
from livecode_runner.sandbox.folders.measuring import Counted, measure_entry
from livecode_runner.sandbox.folders.own_folder import OwnFolder
from livecode_runner.sandbox.kernel.procfs import read_stat


@dataclass(frozen=True, kw_only=True)
class Strays:
    base: OwnFolder
    earlier: frozenset[str]

    @classmethod
    def note_existing(cls, base: OwnFolder) -> "Strays":
        """Notes what is in the base folder before the run's own folder is made: it belongs to other runs."""
        return cls(base=base, earlier=list_names(base.descriptor))

    def measure(self, limit_bytes: int, counted: Counted) -> int:
        """Measures the disk space of the strays, in bytes; stops once over the limit.

        The folders of other runners' runs are not counted.
        """
        total = self.base.measure_replacement(limit_bytes, counted)
        for name in self._names(counted) - self.earlier:
            if total > limit_bytes:
                break
            if not _is_of_another_runner(self.base.descriptor, name, counted):
                total += measure_entry(self.base.descriptor, name, limit_bytes - total, counted)
        return total

    def _names(self, counted: Counted) -> frozenset[str]:
        try:
            return list_names(self.base.descriptor)
        except FileNotFoundError:  # removed: nothing can be in it
            return frozenset()
        except OSError as error:
            counted.miss(error)
            return frozenset()


def _is_of_another_runner(base: int, name: str, counted: Counted) -> bool:
    """Whether this is a folder that another runner has locked.

    Not one that we or a process of the run have locked; the run's own folder is counted already.
    """
    try:
        descriptor = os.open(name, FOLDER_FLAGS, dir_fd=base)
    except OSError:  # no folder, or gone, or closed to us: whoever measures it sees the same
        return False
    try:
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) not in counted.inodes:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except BlockingIOError:
        pids = _lockers(status.st_ino)
        return any(read_stat(pid) is not None and not _is_below_us(pid) for pid in pids)
    finally:
        os.close(descriptor)


def _lockers(inode: int) -> list[int]:
    """Lists the processes that have locked an inode (proc_locks(5)); some may have ended since.

    Lines such as `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`. What they name as device is not always `st_dev`.
    """
    try:
        lines = [line.split() for line in Path("/proc/locks").read_text().splitlines()]
    except OSError:  # some systems have no such file
        return []
    return [int(fields[4]) for fields in lines if fields[1] == "FLOCK" and fields[5].endswith(f":{inode}")]


def _is_below_us(pid: int) -> bool:
    while pid != os.getpid():
        stat = read_stat(pid)
        if stat is None or stat.parent == 0:
            return False
        pid = stat.parent
    return True
