"""What /proc tells of a stack's processes: who there is, and whether they have gone."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path


class ProcessesLeft(AssertionError):
    """Processes that should have ended are still there."""


@dataclass(frozen=True)
class Process:
    """Process ids are used again; together with its start time one names one process."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        stat = _stat(self.pid)
        return stat is not None and stat[19] == self.started and stat[0] != "Z"

    @property
    def command(self) -> str:
        try:
            return Path(f"/proc/{self.pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""

    def kill(self) -> None:
        if self.alive:
            os.kill(self.pid, signal.SIGKILL)


def process(pid: int) -> Process | None:
    stat = _stat(pid)
    return Process(pid, stat[19]) if stat else None


def descendants(pid: int) -> set[Process]:
    """All living processes below `pid`, which itself is not one of them."""
    children: dict[int, list[int]] = {}
    for each in _all_pids():
        if stat := _stat(each):
            children.setdefault(int(stat[1]), []).append(each)
    found: set[Process] = set()
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), []):
            waiting.append(child)
            if one := process(child):
                found.add(one)
    return found


def mentioning(text: str) -> set[Process]:
    """All processes, other than this one, whose command line, environment or working folder has `text`."""
    found = set()
    for pid in _all_pids():
        if pid != os.getpid() and _mentions(pid, text) and (one := process(pid)):
            found.add(one)
    return found


def wait_until_gone(processes: set[Process], *, deadline_s: float = 10) -> None:
    ends = time.monotonic() + deadline_s
    while left := {each for each in processes if each.alive}:
        if time.monotonic() > ends:
            raise ProcessesLeft(f"still there after {deadline_s:g} s: {[each.command for each in left]}")
        time.sleep(0.05)


def _mentions(pid: int, text: str) -> bool:
    try:
        told = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
        return text.encode() in told or str(Path(f"/proc/{pid}/cwd").readlink()).startswith(text)
    except OSError:
        return False


def _all_pids() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _stat(pid: int) -> list[str] | None:
    """The fields after the command's name: state, parent, … and the start time at index 19 (proc_pid_stat(5))."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
