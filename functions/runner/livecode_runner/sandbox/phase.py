"""The data types of a phase (compile or run): what it may use, how it ended, what it came to, and what can go wrong."""

import os
from dataclasses import dataclass
from enum import Enum


class SandboxFailed(Exception):
    """A program could not be run, or not be ended: our failure, never the program's."""


class SandboxBroken(SandboxFailed):
    """No program can run in this environment any more: its process must end, so that another takes its place."""


class CommandNotExecutable(SandboxFailed):
    """The kernel refused the file that was to be executed. Whose failure that is depends on who made the file.

    `complaint` says it to the author of the program.
    """

    def __init__(self, command: str, error: int) -> None:
        super().__init__(f"the launcher failed: exec: {os.strerror(error)}")
        self.complaint = f"{command}: {os.strerror(error)}"


class EndReason(Enum):
    """Why a phase ended. All but EXITED mean that we killed it, with all its processes, at one of its limits.

    The first limit that was found exceeded counts, also if the program would have ended by itself just then.
    """

    EXITED = "exited"  # by itself: it returned, or died of a signal that was not ours
    WALL_TIME = "wall_time"  # still running `wall_time_seconds` after its execve
    MEMORY = "memory"  # its processes together had more than `memory_bytes` resident, or the kernel killed for it
    OUTPUT = "output"  # stdout and stderr together passed `output_limit_bytes`
    FILES = "files"  # its files, also those it had deleted and still held, took more than `file_bytes`
    PROCESSES = "processes"  # more than twice `process_limit` processes and threads, where RLIMIT_NPROC let it
    SOCKETS = "sockets"  # more sockets open than a run may hold


@dataclass(frozen=True, kw_only=True)
class PhaseLimits:
    """What a phase may use. Memory is resident, summed over its processes; files are all that the run's folder holds.

    Without an `output_limit_bytes` it may print for as long as it runs.
    """

    wall_time_seconds: float
    memory_bytes: int
    stack_bytes: int
    process_limit: int
    file_bytes: int
    stream_limit_bytes: int
    output_limit_bytes: int | None


@dataclass(frozen=True, kw_only=True)
class PhaseResult:
    """What was measured on the program alone. Exactly one of `exit_code` and `signal` (a name) is set.

    `wall_time_ms` is from its execve to its end, begun milliseconds counted; `cpu_time_ms` is rounded.
    `stdout` and `stderr` are the first `stream_limit_bytes` of what was printed, `..._bytes` how much it was.
    """

    end_reason: EndReason
    exit_code: int | None
    signal: str | None
    wall_time_ms: int
    cpu_time_ms: int
    memory_kb: int
    stdout: bytes
    stderr: bytes
    stdout_bytes: int
    stderr_bytes: int
