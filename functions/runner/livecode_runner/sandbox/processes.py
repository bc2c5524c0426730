"""Finds the processes of a run, and ends them until none is left.

A run's processes are the program and all below it. One whose parent has died becomes a child of the runner, which is a
subreaper: so everything is found below the program and among the runner's own children. The runner's children that are
not of the run are told apart by their session (the run has its own, and its processes can only make new ones), and by
having been there before.

In a PID namespace it is the namespace's init that adopts, none but the run's processes, and the kernel ends all of them
with it.
"""

import contextlib
import os
import select
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from livecode_runner.sandbox.glance import Glance
from livecode_runner.sandbox.phase import SandboxBroken

_RESCAN_LOOKS = 10  # a scan can miss a process that changes its parent meanwhile
_REAP_SECONDS = 0.05
_STRAY_MILLISECONDS = 5
_FORKED_WITHOUT_EXECUTING = 0x40  # PF_FORKNOEXEC in linux/sched.h
_SWEEP_SECONDS = 10.0  # 64 processes forking as fast as they can were gone after 51 ms


@dataclass(frozen=True, kw_only=True)
class ProcessStat:
    """From /proc/PID/stat (proc(5))."""

    pid: int
    parent: int
    group: int
    session: int
    threads: int
    state: str
    has_executed: bool  # a program of its own, since it was made


@dataclass
class ProcessTree:
    """The processes of one phase, `pid` the first. Make it before the program is spawned: it notes who was there."""

    uid: int | None
    pid: int = 0
    init: int | None = None
    glance: Glance | None = None
    sweep_seconds: float = _SWEEP_SECONDS
    _runner: int = field(default_factory=os.getpid)
    _session: int = field(default_factory=lambda: os.getsid(0))
    _earlier: frozenset[int] = field(default_factory=lambda: _own_children())
    _seen: frozenset[int] = frozenset()
    _newest: bytes | None = None
    _looks_left: int = 0

    def watched_pids(self) -> frozenset[int]:
        """Like `pids`, for one who asks often: searches only if the system has given away a process id meanwhile."""
        newest = _newest_pid()
        if newest is None or newest != self._newest or not self._looks_left:
            self._newest, self._looks_left = newest, _RESCAN_LOOKS
            lone = self.glance is not None and self.glance.sees_one_process()
            self._seen = frozenset((self.pid,) if lone else self.pids())
        self._looks_left -= 1
        return self._seen

    def pids(self) -> set[int]:
        """A snapshot; processes that fork and exit meanwhile may be missed."""
        found = {self.pid} if self.pid else set()
        waiting = [self.pid] if self.pid else []
        waiting += self._adopted()
        found.update(waiting)
        while waiting:
            for child in _children(waiting.pop()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found

    def end(self) -> float:
        """Kills what is left; returns the CPU seconds of what we had to reap. Raises SandboxBroken if some survive."""
        if self.init is not None:
            self._hand_to_init()
            return self._end_namespace(self.init)
        cpu_seconds, deadline = 0.0, time.monotonic() + self.sweep_seconds
        while _has_children():
            pids = self.pids() or self._of_uid()
            if not pids:
                break
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            for pid in pids:
                with contextlib.suppress(ChildProcessError):  # not adopted yet: its parent is still dying
                    _, _, usage = os.wait4(pid, os.WNOHANG)
                    cpu_seconds += usage.ru_utime + usage.ru_stime
            if time.monotonic() > deadline:
                raise SandboxBroken("processes of the run survive SIGKILL")
            time.sleep(0.0005)
        return cpu_seconds

    def _hand_to_init(self) -> None:
        """Has init reap what is left, so that its CPU time is counted; the kernel ends what will not die that fast."""
        deadline = time.monotonic() + _REAP_SECONDS
        while (pids := self.pids()) and time.monotonic() < deadline:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.0005)

    def _end_namespace(self, init: int) -> float:
        """Its end is the end of all in it; it counts the CPU time of what it reaped."""
        deadline = time.monotonic() + self.sweep_seconds
        os.kill(init, signal.SIGKILL)
        descriptor = os.pidfd_open(init)
        try:
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            while not poll.poll(_STRAY_MILLISECONDS):
                # The kernel waits until all are reaped. Without the filter a program could make children of ours.
                for pid in set(_children(self._runner)) - self._earlier - {init}:
                    if real_uid(pid) == self.uid:
                        os.waitpid(pid, os.WNOHANG)
                if time.monotonic() > deadline:
                    raise SandboxBroken("processes of the run survive SIGKILL")
        finally:
            os.close(descriptor)
        _, _, usage = os.wait4(init, 0)
        return usage.ru_utime + usage.ru_stime

    def _adopted(self) -> list[int]:
        if self.init is not None:
            return [pid for pid in _children(self.init) if pid != self.pid]
        candidates = set(_children(self._runner)) - self._earlier - {self.pid}
        if self.uid is not None:
            return [pid for pid in candidates if real_uid(pid) == self.uid]
        return [pid for pid in candidates if (stat := read_stat(pid)) and stat.session != self._session]

    def _of_uid(self) -> set[int]:
        """With a uid of its own nothing needs to be inferred; this finds what the tree missed."""
        if self.uid is None:
            return set()
        return {pid for pid in all_pids() if real_uid(pid) == self.uid}


def read_stat(pid: int) -> ProcessStat | None:
    """None if there is no such process."""
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
    with os.scandir("/proc") as entries:
        for entry in entries:
            if entry.name.isdigit():
                yield int(entry.name)


@dataclass(frozen=True, kw_only=True)
class UidSurvey:
    """All that can be seen of a uid. `tasks` is what RLIMIT_NPROC counts; `ids` is what a signal could be aimed at."""

    tasks: int
    ids: frozenset[int]


def survey_uid(uid: int) -> UidSurvey:
    tasks = 0
    ids: set[int] = set()
    for pid in all_pids():
        if real_uid(pid) == uid and (stat := read_stat(pid)):
            tasks += stat.threads
            ids.update((stat.group, stat.session, *thread_ids(pid)))
    return UidSurvey(tasks=tasks, ids=frozenset(ids))


def thread_ids(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError, ProcessLookupError), os.scandir(f"/proc/{pid}/task") as entries:
        return [int(entry.name) for entry in entries]
    return []


def _children(pid: int) -> list[int]:
    """Of all its threads. Kernels without CONFIG_PROC_CHILDREN make us look at every process."""
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


def _own_children() -> frozenset[int]:
    return frozenset(_children(os.getpid())) if _has_children() else frozenset()


def _newest_pid() -> bytes | None:
    """The id that was given away last, to a process or a thread (proc(5)); None if the system does not say."""
    try:
        return os.pread(_LOADAVG, 128, 0).rsplit(maxsplit=1)[-1]
    except (OSError, IndexError):
        return None


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def real_uid(pid: int) -> int | None:
    """From its status: the owner of /proc/PID is root for whoever made itself non-dumpable."""
    text = _read(f"/proc/{pid}/status")
    return int(text.partition(b"\nUid:")[2].split(maxsplit=1)[0]) if text else None


def _read(path: str) -> bytes | None:
    """A small file of /proc; None once its process is gone. Called often, so without the layers of `open`."""
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
