"""Looks at tasks, as the kernel calls threads and processes alike: which of a process still has its memory, and which
share their memory or their descriptors.

A process whose main thread has ended looks dead: /proc/PID/statm says 0, fd is empty. Its other threads have all that
it had, and /proc/TID shows it (proc(5)). Processes may share memory too: the child of a vfork has its parent's until it
executes a program. And threads may each have descriptors of their own (CLONE_FILES in clone(2) and unshare(2)).
"""

import ctypes
import os
import platform
from collections.abc import Iterable
from enum import IntEnum
from functools import cmp_to_key
from itertools import pairwise

from livecode_runner.sandbox.kernel.procfs import thread_ids
from livecode_runner.sandbox.kernel.syscalls import SYSCALLS

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_KCMP = SYSCALLS["kcmp"][("x86_64", "aarch64").index(platform.machine())]
_SAME, _LESS = 0, 1  # kcmp(2); the order is one of obfuscated kernel addresses
_libc = ctypes.CDLL(None)


class Shared(IntEnum):
    """What tasks can have in common (linux/kcmp.h)."""

    MEMORY = 1
    DESCRIPTORS = 2


def resident_bytes(pid: int) -> int:
    """Returns the resident memory of a process; 0 if it is gone. Pages shared with others count fully.

    Takes 6 microseconds.
    """
    return _resident_bytes(pid) or max(map(_resident_bytes, thread_ids(pid)), default=0)


def has_memory(task: int) -> bool:
    """Whether the task has not ended yet."""
    return _resident_bytes(task) > 0


def task_with_memory(pid: int) -> int:
    """Returns the task by which /proc shows a process's memory: its main thread, unless that has ended first."""
    return pid if has_memory(pid) else next(filter(has_memory, thread_ids(pid)), pid)


def distinct_tasks(tasks: Iterable[int], what: Shared) -> list[int]:
    """Leaves out tasks that share the memory, or the table of descriptors, of another one.

    Tasks that have ended share one.

    Where the kernel does not say (no kcmp, or a process that made itself non-dumpable) they count as different.
    """

    def compare(first: int, second: int) -> int:
        return _compare(first, second, what)

    ordered = sorted(tasks, key=cmp_to_key(compare))
    return ordered[:1] + [task for before, task in pairwise(ordered) if compare(before, task) != _SAME]


def can_compare(tasks: Iterable[int]) -> bool:
    """Whether the kernel tells what these tasks share; a container's filter may refuse, or a want of privilege."""
    return all(_compare(task, task, Shared.MEMORY) == _SAME for task in tasks if has_memory(task))


def _compare(first: int, second: int, what: Shared) -> int:
    result: int = _libc.syscall(_KCMP, first, second, int(what), 0, 0)
    if result < 0:
        return first - second or _LESS  # refused: different, also from itself
    return _SAME if result == _SAME else (-1 if result == _LESS else 1)


def _resident_bytes(task: int) -> int:
    try:
        descriptor = os.open(f"/proc/{task}/statm", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return 0
    try:
        return int(os.read(descriptor, 128).split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0
    finally:
        os.close(descriptor)
