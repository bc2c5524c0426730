"""Measures the memory of a run's processes."""

import time
from collections.abc import Collection, Iterable
from pathlib import Path

from livecode_runner.sandbox.kernel.descriptors import read_proc_as
from livecode_runner.sandbox.kernel.procfs import read_stat
from livecode_runner.sandbox.kernel.tasks import Shared, can_compare, distinct_tasks, resident_bytes, task_with_memory

# So often at most: a program may not hide behind children that come and go.
_MEASUREMENTS = 3
_EXECUTION_SECONDS = 0.005  # from vfork to execve, for a child that does what such children do


def proportional_bytes(task: int, uid: int | None) -> int:
    """Returns a task's share of memory: a page that n processes have counts as 1/n.

    Takes milliseconds; falls back to what is resident.
    """
    try:
        text = read_proc_as(uid, Path(f"/proc/{task}/smaps_rollup").read_text)
    except OSError:
        text = None
    for line in (text or "").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return resident_bytes(task)  # gone, or it made itself unreadable: then it must do without the discount


def measure_memory(pids: Collection[int], limit_bytes: int, uid: int | None) -> int:
    """Measures the memory of these processes together, in bytes; exact only where it matters, above the limit.

    What processes share as a whole (vfork) counts once. Where the kernel does not say who shares, children that have
    not executed a program yet get a moment to do so.
    """
    tasks = _tasks_with_memory(pids)
    resident = sum(map(resident_bytes, tasks))
    if resident <= limit_bytes or len(tasks) == 1:
        return resident
    for _ in range(_MEASUREMENTS):
        proportional = sum(proportional_bytes(task, uid) for task in tasks)
        if proportional <= limit_bytes or _is_settled(pids, tasks):
            break
        tasks = _tasks_with_memory(pids)
    return proportional


def _tasks_with_memory(pids: Iterable[int]) -> list[int]:
    """Returns one task for each memory that these processes have."""
    return distinct_tasks(filter(resident_bytes, map(task_with_memory, pids)), Shared.MEMORY)


def _is_settled(pids: Iterable[int], tasks: Collection[int]) -> bool:
    """Whether a measurement of these tasks can be believed; may wait a moment until the next is better."""
    if not all(map(resident_bytes, tasks)):
        return False  # one that ended in between left its share of the pages to those read later: they count twice
    if can_compare(tasks) or all(stat.has_executed for pid in pids if (stat := read_stat(pid))):
        return True
    time.sleep(_EXECUTION_SECONDS)
    return False
