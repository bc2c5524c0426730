"""Decides what a phase's measurements mean for the execution."""

from dataclasses import dataclass

from livecode.domain import Reason, Status
from livecode_runner.sandbox import EndReason, PhaseResult


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What an execution's status and reason become.

    `note` is for the program's author: a last line of its output, about a limit that nothing else tells of.
    """

    status: Status
    reason: Reason | None = None
    note: str = ""


def judge_run(result: PhaseResult, *, wall_time_seconds: float, file_size_mib: int) -> Verdict:
    """Decides what a run phase's end means for the execution."""
    match result.end_reason:  # a limit explains the signal that follows it
        case EndReason.WALL_TIME:
            note = f"Execution exceeded {wall_time_seconds:g} second timeout"
            return Verdict(status=Status.TIMEOUT, reason=Reason.TIME_LIMIT_EXCEEDED, note=note)
        case EndReason.MEMORY:
            return _failed(Reason.MEMORY_LIMIT_EXCEEDED)
        case EndReason.OUTPUT:
            return _failed(Reason.OUTPUT_LIMIT_EXCEEDED)
        case EndReason.FILES:
            return _failed(Reason.RUNTIME_ERROR, note=f"Execution exceeded {file_size_mib} MiB of files")
        case EndReason.PROCESSES:
            return _failed(Reason.RUNTIME_ERROR, note="Execution exceeded its process limit")
        case EndReason.SOCKETS:
            return _failed(Reason.RUNTIME_ERROR, note="Execution exceeded its limit of sockets")
        case EndReason.EXITED:
            return Verdict(status=Status.COMPLETED) if result.exit_code == 0 else _failed(Reason.RUNTIME_ERROR)


def judge_compile(result: PhaseResult, *, wall_time_seconds: float, file_size_mib: int) -> Verdict | None:
    """Decides what a compile phase's end means for the execution; None if the program may run."""
    match result.end_reason:
        case EndReason.WALL_TIME:
            note = f"Compilation exceeded {wall_time_seconds:g} second timeout"
            return Verdict(status=Status.TIMEOUT, reason=Reason.TIME_LIMIT_EXCEEDED, note=note)
        case EndReason.MEMORY:
            return _failed(Reason.MEMORY_LIMIT_EXCEEDED)
        case EndReason.FILES:
            return _failed(Reason.COMPILATION_ERROR, note=f"Compilation exceeded {file_size_mib} MiB of files")
        case EndReason.OUTPUT | EndReason.PROCESSES | EndReason.SOCKETS:
            return _failed(Reason.COMPILATION_ERROR)
        case EndReason.EXITED:
            return None if result.exit_code == 0 else _failed(Reason.COMPILATION_ERROR)


def _failed(reason: Reason, *, note: str = "") -> Verdict:
    return Verdict(status=Status.FAILED, reason=reason, note=note)
