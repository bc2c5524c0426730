"""Starts processes that die with the stack, and ends them with everything they started."""

import asyncio
import ctypes
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from livecode_embedded.errors import StackError

_PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
# A killed process is gone at once, unless the kernel itself is stuck.
_ORPHAN_SECONDS = 1
_LOOK_SECONDS = 0.05

_children: set[int] = set()
_adopting = False


def start_process(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    output: int,
    identity: tuple[int, int] | None = None,
    death_signal: str = "KILL",
) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own, its output on the file descriptor `output`.

    `identity` is the uid and gid to run under, if not our own.

    setpriv sets the parent-death signal (PR_SET_PDEATHSIG), so that the process ends even if the stack is killed
    outright; a preexec_fn would do the same, but forks the whole stack instead of vforking.
    """
    uid_and_gid = ["--reuid", str(identity[0]), "--regid", str(identity[1]), "--clear-groups"] if identity else []
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", death_signal, *uid_and_gid, "--", *command],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    _children.add(process.pid)
    return process


async def exit_status(process: subprocess.Popen[bytes]) -> int:
    """Waits for the process without a thread; negative for a signal, as subprocess has it."""
    while process.poll() is None:
        loop = asyncio.get_running_loop()
        try:
            descriptor = os.pidfd_open(process.pid)
        except OSError:  # no descriptor is left; one may come free, or the process end, meanwhile
            await asyncio.sleep(_LOOK_SECONDS)
            continue
        exited: asyncio.Future[None] = loop.create_future()
        loop.add_reader(descriptor, exited.cancel)
        try:
            await asyncio.wait({exited})
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        break
    status = process.wait()
    _children.discard(process.pid)
    return status


def require_setpriv() -> None:
    """Raises StackError where setpriv is missing: functions and Postgres are started by it."""
    if not shutil.which("setpriv"):
        raise StackError("The program setpriv is missing; install the package util-linux.")


def kill_tree(pid: int) -> None:
    """Kills a process and all its descendants, also those in sessions of their own."""
    for each in [pid, *descendants(pid)]:
        _kill(each)


def kill_group(pid: int) -> None:
    """Kills what is left of a process's group once its leader has ended."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def descendants(pid: int) -> list[int]:
    found = []
    for child in _children_of(pid):
        found += [child, *descendants(child)]
    return found


def adopt_orphans() -> None:
    """Makes this process the parent of whatever its children leave behind, so that `kill_orphans` finds it."""
    global _adopting
    _adopting = True
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_orphans() -> None:
    """Kills what ended processes have left to us, and reaps it. A child that nobody here has started is such an orphan.

    The init of a PID namespace ends only after we have reaped the program that was in it, so one round is not enough.
    """
    deadline = time.monotonic() + _ORPHAN_SECONDS
    while (orphans := _orphans()) and time.monotonic() < deadline:
        for pid in orphans:
            kill_tree(pid)
        time.sleep(0.001)
        for pid in orphans:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue


def peak_memory_mb(pid: int) -> int:
    """Returns the process's peak resident memory; 0 once it is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass  # it has just ended
    return 0


def _orphans() -> list[int]:
    return [pid for pid in _children_of(os.getpid()) if pid not in _children] if _adopting else []


def _children_of(pid: int) -> list[int]:
    try:
        return [
            int(child)
            for thread in Path(f"/proc/{pid}/task").iterdir()
            for child in (thread / "children").read_text().split()
        ]
    except OSError:
        return []


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
