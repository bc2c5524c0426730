"""What a phase (compile or run) may use, and what it came to."""

import os
from dataclasses import dataclass


class SandboxFailed(Exception):
    """We could not run the program, or could not end it: our failure, never the program's."""


class SandboxBroken(SandboxFailed):
    """No program can run in this environment any more: its process must end, so that another takes its place."""


class CommandNotExecutable(SandboxFailed):
    """The kernel refused the file that was to be executed. Whose failure that is depends on who made the file.

    `complaint` says it to the author of the program.
    """

    def __init__(self, command: str, error: int) -> None:
        super().__init__(f"the launcher failed: exec: {os.strerror(error)}")
        self.complaint = f"{command}: {os.strerror(error)}"


@dataclass(frozen=True, kw_only=True)
class PhaseLimits:
    """Memory is resident, summed over the phase's processes; files are all that the run's folder holds.

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

    The `..._exceeded` facts and `timed_out` say that we killed it, and why; at most one is true.
    `stdout` and `stderr` are the first `stream_limit_bytes` of what was printed, `..._bytes` how much it was.
    """

    exit_code: int | None
    signal: str | None
    wall_time_ms: int
    cpu_time_ms: int
    memory_kb: int
    stdout: bytes
    stderr: bytes
    stdout_bytes: int
    stderr_bytes: int
    timed_out: bool = False
    memory_exceeded: bool = False
    output_exceeded: bool = False
    files_exceeded: bool = False
    processes_exceeded: bool = False
    sockets_exceeded: bool = False

    @property
    def limit_exceeded(self) -> bool:
        return (
            self.timed_out
            or self.memory_exceeded
            or self.output_exceeded
            or self.files_exceeded
            or self.processes_exceeded
            or self.sockets_exceeded
        )
