"""What a run's processes hold that no folder names: open and mapped files that were deleted, and sockets.

/proc shows it to the run's own uid, and to root with CAP_SYS_PTRACE, which root in a container mostly lacks. A process
that has made itself non-dumpable shows it to nobody else.
"""

import contextlib
import ctypes
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from livecode_runner.sandbox.kernel.procfs import thread_ids
from livecode_runner.sandbox.kernel.tasks import Shared, distinct_tasks, has_memory, resident_bytes, task_with_memory

T = TypeVar("T")
_PR_SET_PDEATHSIG, _PR_GET_PDEATHSIG = 1, 2  # linux/prctl.h
_DELETED = b" (deleted)"
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, kw_only=True)
class Descriptor:
    """An open descriptor of a process.

    `carries_files`: it is a socket in whose queue other descriptors wait (SCM_RIGHTS), which no process shows.
    """

    status: os.stat_result
    carries_files: bool


@dataclass(frozen=True, kw_only=True)
class DeletedFiles:
    """The disk space of deleted files that are open. Not `complete` if there is, or may be, more than we can count."""

    disk_bytes: int
    complete: bool


def descriptors(pid: int, uid: int | None) -> list[Descriptor] | None:
    """Lists what a process has open: nothing if it is gone, None if it hides that from us.

    `uid` is the run's own, if it has one.
    """
    found = read_proc_as(uid, lambda: list(_descriptors(pid)))
    return [] if found is None and not resident_bytes(pid) else found


def measure_deleted_files(
    pids: Collection[int], uid: int | None, folders: Collection[str], counted: Collection[tuple[int, int]] = frozenset()
) -> DeletedFiles:
    """Measures deleted files that these processes still hold.

    `folders` are those that the run can write to; `counted` are inodes that had names a moment ago and add nothing.
    """
    files: dict[tuple[int, int], int] = {}
    mapped: set[int] = set()
    complete = True
    for pid in pids:
        found = descriptors(pid, uid)
        mappings = read_proc_as(uid, lambda pid=pid: _deleted_mappings(pid, folders))  # type: ignore[misc]
        if found is None or mappings is None:
            complete = complete and not resident_bytes(pid)  # what has ended holds nothing
            continue
        mapped |= mappings
        for each in found:
            complete = complete and not each.carries_files
            status = each.status
            if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                inode = status.st_dev, status.st_ino
                files[inode] = 0 if inode in counted else status.st_blocks * 512
    # A mapping keeps the whole file, and does not say how much that is.
    complete = complete and mapped <= {inode for _, inode in files}
    return DeletedFiles(disk_bytes=sum(files.values()), complete=complete)


def read_proc_as(uid: int | None, read: Callable[[], T]) -> T | None:
    """Calls `read`, which reads from /proc, as ourselves or else as `uid`; None if neither may."""
    with contextlib.suppress(PermissionError):
        return read()
    # Also without a uid: the kernel refuses what belongs to a process that is just ending.
    with contextlib.suppress(PermissionError), _file_access_as(uid):
        return read()
    return None


def _descriptors(pid: int) -> Iterator[Descriptor]:
    """Yields the descriptors of each table that a thread of the process has. Raises PermissionError."""
    for task in distinct_tasks(thread_ids(pid), Shared.DESCRIPTORS):
        try:
            yield from _descriptors_of_task(f"/proc/{pid}/task/{task}")
        except PermissionError:
            if has_memory(task):  # the kernel shows the end of a task, its main thread's also, to root alone
                raise


def _descriptors_of_task(folder: str) -> Iterator[Descriptor]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), os.scandir(f"{folder}/fd") as links:
        for link in links:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                status = link.stat()
                carries = stat.S_ISSOCK(status.st_mode) and _files_in_queue(f"{folder}/fdinfo/{link.name}") > 0
                yield Descriptor(status=status, carries_files=carries)


def _files_in_queue(descriptor: str) -> int:
    """Counts the descriptors that wait in a socket's queue, which Linux tells since 5.6 (proc_pid_fdinfo(5))."""
    text = Path(descriptor).read_text()
    return int(text.partition("scm_fds:")[2].split(maxsplit=1)[0]) if "scm_fds:" in text else 0


def _deleted_mappings(pid: int, folders: Collection[str]) -> set[int]:
    """Lists the inodes of deleted files in these folders that a process has mapped. Raises PermissionError."""
    inodes = set()
    places = [f"{folder}/".encode() for folder in folders]
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        # As bytes, since a name may hold whatever Python takes for the end of a line; the kernel writes \\012 for \n.
        for line in Path(f"/proc/{task_with_memory(pid)}/maps").read_bytes().split(b"\n"):
            if line.endswith(_DELETED):
                *_, inode, path = line.split(maxsplit=5)
                if any(path.startswith(place) for place in places):
                    inodes.add(int(inode))
    return inodes


@contextlib.contextmanager
def _file_access_as(uid: int | None) -> Iterator[None]:
    """Lets this thread open files as `uid` does (setfsuid(2)). None changes nothing."""
    if uid is None:
        yield
        return
    death_signal = ctypes.c_int()
    _libc.prctl(_PR_GET_PDEATHSIG, ctypes.byref(death_signal), 0, 0, 0)
    _libc.setfsgid(uid)
    _libc.setfsuid(uid)
    try:
        yield
    finally:
        _libc.setfsuid(os.geteuid())
        _libc.setfsgid(os.getegid())
        _libc.prctl(_PR_SET_PDEATHSIG, death_signal.value, 0, 0, 0)  # the kernel has cleared it
