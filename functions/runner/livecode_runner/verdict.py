"""Decides what a phase's measurements mean for the execution."""

from dataclasses import dataclass

from livecode.domain import Reason, Status
from livecode_runner.sandbox import PhaseResult


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`note` is for the program's author: a last line of its output, about a limit that nothing else tells of."""

    status: Status
    reason: Reason | None = None
    note: str = ""


def judge_run(result: PhaseResult, *, wall_time_seconds: float, file_size_mib: int) -> Verdict:
    # A limit explains the signal that follows it, so limits come first.
    if result.timed_out:
        note = f"Execution exceeded {wall_time_seconds:g} second timeout"
        return Verdict(status=Status.TIMEOUT, reason=Reason.TIME_LIMIT_EXCEEDED, note=note)
    if result.memory_exceeded:
        return Verdict(status=Status.FAILED, reason=Reason.MEMORY_LIMIT_EXCEEDED)
    if result.output_exceeded:
        return Verdict(status=Status.FAILED, reason=Reason.OUTPUT_LIMIT_EXCEEDED)
    if result.files_exceeded:
        note = f"Execution exceeded {file_size_mib} MiB of files"
        return Verdict(status=Status.FAILED, reason=Reason.RUNTIME_ERROR, note=note)
    if result.processes_exceeded:
        return Verdict(status=Status.FAILED, reason=Reason.RUNTIME_ERROR, note="Execution exceeded its process limit")
    if result.sockets_exceeded:
        return Verdict(
            status=Status.FAILED, reason=Reason.RUNTIME_ERROR, note="Execution exceeded its limit of sockets"
        )
    if result.exit_code == 0:
        return Verdict(status=Status.COMPLETED)
    return Verdict(status=Status.FAILED, reason=Reason.RUNTIME_ERROR)


def judge_compile(result: PhaseResult, *, wall_time_seconds: float, file_size_mib: int) -> Verdict | None:
    """None if the program may run."""
    if result.timed_out:
        note = f"Compilation exceeded {wall_time_seconds:g} second timeout"
        return Verdict(status=Status.TIMEOUT, reason=Reason.TIME_LIMIT_EXCEEDED, note=note)
    if result.memory_exceeded:
        return Verdict(status=Status.FAILED, reason=Reason.MEMORY_LIMIT_EXCEEDED)
    if result.files_exceeded:
        note = f"Compilation exceeded {file_size_mib} MiB of files"
        return Verdict(status=Status.FAILED, reason=Reason.COMPILATION_ERROR, note=note)
    if result.exit_code == 0:
        return None
    return Verdict(status=Status.FAILED, reason=Reason.COMPILATION_ERROR)
