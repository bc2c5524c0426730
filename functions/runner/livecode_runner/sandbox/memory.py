"""Measures the memory of a run's processes."""

import os
from collections.abc import Collection
from pathlib import Path

from .descriptors import read_as

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


def proportional_bytes(pid: int, uid: int | None) -> int:
    """Its share: a page that n processes have counts as 1/n. Takes milliseconds; falls back to what is resident."""
    try:
        text = read_as(uid, Path(f"/proc/{pid}/smaps_rollup").read_text)
    except OSError:
        text = None
    for line in (text or "").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return resident_bytes(pid)  # gone, or it made itself unreadable: then it must do without the discount


def measure_memory(pids: Collection[int], limit_bytes: int, uid: int | None) -> int:
    """The memory of these processes together; exact only where it matters, above the limit."""
    resident = sum(map(resident_bytes, pids))
    if resident <= limit_bytes or len(pids) == 1:
        return resident
    for _ in range(_MEASUREMENTS):
        proportional = sum(proportional_bytes(pid, uid) for pid in pids)
        # A process that ends in between leaves its share of the pages to those that are read later: they count twice.
        if proportional <= limit_bytes or all(map(resident_bytes, pids)):
            break
        pids = [pid for pid in pids if resident_bytes(pid)]
    return proportional
