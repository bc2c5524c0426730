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
from dataclasses import dataclass, field

from livecode_runner.sandbox.kernel.procfs import all_pids, children_of, newest_pid, read_stat, real_uid
from livecode_runner.sandbox.kernel.quick_sample import QuickSample
from livecode_runner.sandbox.phase import SandboxBroken

_RESCAN_LOOKS = 10  # a scan can miss a process that changes its parent meanwhile
_REAP_SECONDS = 0.05
_STRAY_MILLISECONDS = 5
_SWEEP_SECONDS = 10.0  # 64 processes forking as fast as they can were gone after 51 ms


@dataclass
class ProcessTree:
    """The processes of one phase, `pid` the first. Make it before the program is spawned: it notes who was there."""

    uid: int | None
    pid: int = 0
    init: int | None = None
    quick_sample: QuickSample | None = None
    sweep_seconds: float = _SWEEP_SECONDS
    _runner: int = field(default_factory=os.getpid)
    _session: int = field(default_factory=lambda: os.getsid(0))
    _earlier: frozenset[int] = field(default_factory=lambda: _own_children())
    _seen: frozenset[int] = frozenset()
    _newest: bytes | None = None
    _looks_left: int = 0

    def watched_pids(self) -> frozenset[int]:
        """Returns what `pids` does, but searches again only if the system has given out a process id meanwhile."""
        newest = newest_pid()
        if newest is None or newest != self._newest or not self._looks_left:
            self._newest, self._looks_left = newest, _RESCAN_LOOKS
            lone = self.quick_sample is not None and self.quick_sample.is_of_one_process()
            self._seen = frozenset((self.pid,) if lone else self.pids())
        self._looks_left -= 1
        return self._seen

    def pids(self) -> set[int]:
        """Lists the living processes of the run; those that fork and exit meanwhile may be missed."""
        found = {self.pid} if self.pid else set()
        waiting = [self.pid] if self.pid else []
        waiting += self._adopted()
        found.update(waiting)
        while waiting:
            for child in children_of(waiting.pop()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found

    def end(self) -> float:
        """Kills what is left; returns the CPU seconds of what we had to reap. Raises SandboxBroken if some survive."""
        if self.init is not None:
            self._let_init_reap()
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

    def _let_init_reap(self) -> None:
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
                for pid in set(children_of(self._runner)) - self._earlier - {init}:
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
            return [pid for pid in children_of(self.init) if pid != self.pid]
        candidates = set(children_of(self._runner)) - self._earlier - {self.pid}
        if self.uid is not None:
            return [pid for pid in candidates if real_uid(pid) == self.uid]
        return [pid for pid in candidates if (stat := read_stat(pid)) and stat.session != self._session]

    def _of_uid(self) -> set[int]:
        """Lists all processes of the run's own uid: what the tree missed. Empty where the run shares our uid."""
        if self.uid is None:
            return set()
        return {pid for pid in all_pids() if real_uid(pid) == self.uid}


def _own_children() -> frozenset[int]:
    return frozenset(children_of(os.getpid())) if _has_children() else frozenset()


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True
