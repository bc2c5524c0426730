"""Looks every few milliseconds at what a run uses: memory, files, processes."""

import os
import time
from dataclasses import dataclass, field

from livecode_runner.sandbox.ending.leftovers import Leftovers
from livecode_runner.sandbox.ending.process_tree import ProcessTree
from livecode_runner.sandbox.folders.measuring import Counted
from livecode_runner.sandbox.folders.run_folders import RunFolder
from livecode_runner.sandbox.kernel.descriptors import measure_deleted_files
from livecode_runner.sandbox.kernel.procfs import read_stat
from livecode_runner.sandbox.kernel.quick_sample import QuickSample
from livecode_runner.sandbox.kernel.tasks import resident_bytes
from livecode_runner.sandbox.phase import EndReason, PhaseLimits
from livecode_runner.sandbox.watching.memory import measure_memory
from livecode_runner.sandbox.watching.sockets import SocketCount

SHORTEST_TICK_SECONDS, LONGEST_TICK_SECONDS = 0.010, 0.020
# No program of one process comes to its limit before the next look: nothing touches memory or fills files faster.
_MEMORY_BYTES_A_SECOND, _FILE_BYTES_A_SECOND = 8 << 30, 2 << 30
_SHARE_OF_TIME = 10  # a look that takes long makes the next one wait, so that we use at most a tenth of a core
_FOLDER_BYTES = 256 * 1024  # those around one file that is as large as may be: its writer gets an error, no kill
_FILE_LOOK_SECONDS = 1.0  # where free space says nothing: other programs may free what this one takes


def tick_seconds(limits: PhaseLimits, used_memory_bytes: int, taken_file_bytes: int) -> float:
    """Returns the time until the next look: the more is left of the limits, the longer."""
    memory_seconds = (limits.memory_bytes - used_memory_bytes) / _MEMORY_BYTES_A_SECOND
    file_seconds = (limits.file_bytes - taken_file_bytes) / _FILE_BYTES_A_SECOND
    return max(SHORTEST_TICK_SECONDS, min(LONGEST_TICK_SECONDS, memory_seconds, file_seconds))


@dataclass
class ResourceWatch:
    """Watches one phase: `look` says which limit is exceeded, if any; `peak_memory_bytes` is the most that was seen."""

    tree: ProcessTree
    limits: PhaseLimits
    folder: RunFolder
    leftovers: Leftovers
    peak_memory_bytes: int = 0
    next_look: float = 0.0
    _used_memory_bytes: int = 0
    _taken_file_bytes: int = 0
    _next_file_look: float = 0.0
    _sockets: SocketCount | None = None
    _free_before: list[int] = field(default_factory=list)
    _writable: tuple[str, ...] = ()

    def start(self, now: float) -> None:
        """Begins to watch. To be called before the program has been reaped, and `stop` afterwards."""
        self.tree.quick_sample = QuickSample.open(self.tree.pid, self.tree.init or os.getpid())
        self._sockets = SocketCount.open(self.tree.pid)
        self.next_look = now + tick_seconds(self.limits, 0, 0)
        self._next_file_look = now + _FILE_LOOK_SECONDS
        self._free_before = self._free_bytes()
        self._writable = tuple(map(os.path.realpath, (self.folder.path, *self.folder.aliases, *self.leftovers.folders)))

    def stop(self) -> None:
        if self.tree.quick_sample is not None:
            self.tree.quick_sample.close()
            self.tree.quick_sample = None
        if self._sockets is not None:
            self._sockets.close()
            self._sockets = None

    def look(self, now: float) -> EndReason | None:
        pids = self.tree.watched_pids()
        exceeded = (
            self._look_at_memory(pids)
            or self._look_at_sockets(pids)
            or self._look_at_processes(pids)
            or self._look_at_files(pids, now)
        )
        duration = time.monotonic() - now
        tick = SHORTEST_TICK_SECONDS
        if len(pids) == 1:
            tick = tick_seconds(self.limits, self._used_memory_bytes, self._taken_file_bytes)
        self.next_look = now + max(tick, duration * _SHARE_OF_TIME)
        return exceeded

    def _look_at_memory(self, pids: frozenset[int]) -> EndReason | None:
        sample = self.tree.quick_sample
        if sample is not None and len(pids) == 1:
            used = sample.resident_bytes() or resident_bytes(self.tree.pid)
        else:
            used = measure_memory(pids, self.limits.memory_bytes, self.tree.uid)
        self._used_memory_bytes = used
        self.peak_memory_bytes = max(self.peak_memory_bytes, used)
        return EndReason.MEMORY if used > self.limits.memory_bytes else None

    def _look_at_sockets(self, pids: frozenset[int]) -> EndReason | None:
        exceeded = self._sockets is not None and self._sockets.exceeded(pids, self.tree.uid)
        return EndReason.SOCKETS if exceeded else None

    def _look_at_processes(self, pids: frozenset[int]) -> EndReason | None:
        """Counts processes and threads, as a second bound behind RLIMIT_NPROC.

        That one is loose where the uid is shared: the uid's other processes may have ended since.
        """
        if len(pids) == 1:
            return None
        tasks = sum(stat.threads for pid in pids if (stat := read_stat(pid)))
        return EndReason.PROCESSES if tasks > 2 * self.limits.process_limit else None

    def _look_at_files(self, pids: frozenset[int], now: float) -> EndReason | None:
        """Measures files, when the free space that is missing says so, or every second.

        Free space is cheap to ask for, but others change it too: it only tells when to count.
        """
        free = self._free_bytes()
        self._taken_file_bytes = max(before - left for before, left in zip(self._free_before, free, strict=True))
        if self._taken_file_bytes <= self.limits.file_bytes and now < self._next_file_look:
            return None
        self._next_file_look = now + _FILE_LOOK_SECONDS
        limit = self.limits.file_bytes + _FOLDER_BYTES
        counted = Counted()
        used = self.folder.measure(limit, counted)
        used += self.leftovers.measure(limit - used, counted) if used <= limit else 0
        if used <= limit:
            held = measure_deleted_files(pids, self.tree.uid, self._writable, counted.inodes)
            used += held.disk_bytes
            if not (held.complete and counted.complete):
                used = max(used, self._taken_file_bytes)  # what it does not let us count
        # What others took is forgotten, or their writing would make us count at every look from now on. But where files
        # moved while we counted, what is missing in the count may be the program's.
        if not counted.disturbed:
            self._free_before, self._taken_file_bytes = [left + used for left in free], used
        return EndReason.FILES if used > limit else None

    def _free_bytes(self) -> list[int]:
        """Returns the free bytes of each file system, and its free inodes, each as 1 KiB like an empty file."""
        free = []
        places: list[int | str] = [self.folder.descriptor, *self.leftovers.folders]
        for status in map(os.statvfs, places):
            free += [status.f_bfree * status.f_frsize, status.f_ffree * 1024]
        return free
