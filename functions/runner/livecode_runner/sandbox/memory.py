"""Measures the memory, tasks and open deleted files of a run's processes."""

import contextlib
import os
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

# So often at most: a program may not hide behind children that come and go.
_MEASUREMENTS = 3
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(pid: int) -> int:
    """0 if there is no such process. Pages shared with others count fully; 6 microseconds."""
    try:
        descriptor = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return int(os.read(descriptor, 128).split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0
    finally:
        os.close(descriptor)


def proportional_bytes(pid: int) -> int:
    """Its share: a page that n processes have counts as 1/n. Takes milliseconds; falls back to what is resident."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:  # gone, or it made itself unreadable: then it must do without the discount
        return resident_bytes(pid)
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return resident_bytes(pid)


def measure_memory(pids: Collection[int], limit_bytes: int) -> int:
    """The memory of these processes together; exact only where it matters, above the limit."""
    resident = sum(map(resident_bytes, pids))
    if resident <= limit_bytes or len(pids) == 1:
        return resident
    for _ in range(_MEASUREMENTS):
        proportional = sum(map(proportional_bytes, pids))
        # A process that ends in between leaves its share of the pages to those that are read later: they count twice.
        if proportional <= limit_bytes or all(map(resident_bytes, pids)):
            break
        pids = [pid for pid in pids if resident_bytes(pid)]
    return proportional


def deleted_file_bytes(pids: Iterable[int]) -> int:
    """What open files hold on disk that no folder names any more."""
    files: dict[tuple[int, int], int] = {}
    for pid in pids:
        with contextlib.suppress(OSError), os.scandir(f"/proc/{pid}/fd") as links:
            for link in links:
                with contextlib.suppress(OSError):
                    status = link.stat()
                    if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                        files[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(files.values())
