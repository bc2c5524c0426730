"""Reads from /proc which processes and threads there are, who their parents are, and whose they are (proc(5))."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FORKED_WITHOUT_EXECUTING = 0x40  # PF_FORKNOEXEC in linux/sched.h


@dataclass(frozen=True, kw_only=True)
class ProcessStat:
    """What /proc/PID/stat says of a process."""

    pid: int
    parent: int
    group: int
    session: int
    threads: int
    state: str
    has_executed: bool  # a program of its own, since it was made


def read_stat(pid: int) -> ProcessStat | None:
    """Returns what the kernel tells of a process; None if there is no such process."""
    text = _read(f"/proc/{pid}/stat")
    if text is None:
        return None
    # The name, in parentheses, may itself hold spaces and parentheses.
    fields = text[text.rindex(b")") + 2 :].split()
    return ProcessStat(
        pid=pid,
        state=fields[0].decode(),
        has_executed=not int(fields[6]) & _FORKED_WITHOUT_EXECUTING,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        threads=int(fields[17]),
    )


def all_pids() -> Iterator[int]:
    """Lists the processes of the machine, or of our PID namespace."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                yield int(entry.name)


@dataclass(frozen=True, kw_only=True)
class UidSurvey:
    """What runs under a uid: how many tasks RLIMIT_NPROC counts, and all ids that a signal could be aimed at."""

    tasks: int
    ids: frozenset[int]


def survey_uid(uid: int) -> UidSurvey:
    """Looks at every process of the machine for those of a uid."""
    tasks = 0
    ids: set[int] = set()
    for pid in all_pids():
        if real_uid(pid) == uid and (stat := read_stat(pid)):
            tasks += stat.threads
            ids.update((stat.group, stat.session, *thread_ids(pid)))
    return UidSurvey(tasks=tasks, ids=frozenset(ids))


def thread_ids(pid: int) -> list[int]:
    """Lists the threads of a process; none if it is gone."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), os.scandir(f"/proc/{pid}/task") as entries:
        return [int(entry.name) for entry in entries]
    return []


def children_of(pid: int) -> list[int]:
    """Lists the children of a process, of all its threads.

    Kernels without CONFIG_PROC_CHILDREN make us look at every process.
    """
    if not _KERNEL_LISTS_CHILDREN:
        return [other for other in all_pids() if (stat := read_stat(other)) and stat.parent == pid]
    children: list[int] = []
    for thread in thread_ids(pid):
        children += map(int, (_read(f"/proc/{pid}/task/{thread}/children") or b"").split())
    return children


try:
    _LOADAVG = os.open("/proc/loadavg", os.O_RDONLY | os.O_CLOEXEC)  # for as long as we live
except OSError:
    _LOADAVG = -1

_KERNEL_LISTS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()


def newest_pid() -> bytes | None:
    """Returns the id that was given last to a process or thread; None if the system does not say."""
    try:
        return os.pread(_LOADAVG, 128, 0).rsplit(maxsplit=1)[-1]
    except (OSError, IndexError):
        return None


def real_uid(pid: int) -> int | None:
    """Returns the real uid of a process; None if it is gone.

    Read from its status, since the owner of /proc/PID is root for a process that made itself non-dumpable.
    """
    text = _read(f"/proc/{pid}/status")
    return int(text.partition(b"\nUid:")[2].split(maxsplit=1)[0]) if text else None


def _read(path: str) -> bytes | None:
    """Reads a small file of /proc; None once its process is gone. Called often, so without the layers of `open`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return None
    try:
        return os.read(descriptor, 65536)
    except (ProcessLookupError, PermissionError):
        return None
    finally:
        os.close(descriptor)
