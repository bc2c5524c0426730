"""Measurements of a phase lead to one status and reason."""

from dataclasses import replace

import pytest

from livecode.domain import Reason, Status
from livecode_runner.sandbox import EndReason, PhaseResult
from livecode_runner.verdict import judge_compile, judge_run

EXITED = PhaseResult(
    end_reason=EndReason.EXITED,
    exit_code=0,
    signal=None,
    wall_time_ms=1,
    cpu_time_ms=1,
    memory_kb=1,
    stdout=b"",
    stderr=b"",
    stdout_bytes=0,
    stderr_bytes=0,
)
KILLED = replace(EXITED, exit_code=None, signal="SIGKILL")


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (EXITED, Status.COMPLETED, None),
        (replace(EXITED, exit_code=1), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(EXITED, exit_code=137), Status.FAILED, Reason.RUNTIME_ERROR),
        (KILLED, Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(KILLED, end_reason=EndReason.WALL_TIME), Status.TIMEOUT, Reason.TIME_LIMIT_EXCEEDED),
        (replace(KILLED, end_reason=EndReason.MEMORY), Status.FAILED, Reason.MEMORY_LIMIT_EXCEEDED),
        (replace(KILLED, end_reason=EndReason.OUTPUT), Status.FAILED, Reason.OUTPUT_LIMIT_EXCEEDED),
        (replace(KILLED, end_reason=EndReason.FILES), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(KILLED, end_reason=EndReason.PROCESSES), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(KILLED, end_reason=EndReason.SOCKETS), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(EXITED, end_reason=EndReason.OUTPUT), Status.FAILED, Reason.OUTPUT_LIMIT_EXCEEDED),
    ],
)
def test_judges_a_run(result, status, reason):
    verdict = judge_run(result, wall_time_seconds=30, file_size_mib=64)
    assert (verdict.status, verdict.reason) == (status, reason)


@pytest.mark.parametrize(
    ("result", "status", "reason"),
    [
        (replace(EXITED, exit_code=1), Status.FAILED, Reason.COMPILATION_ERROR),
        (KILLED, Status.FAILED, Reason.COMPILATION_ERROR),
        (replace(KILLED, end_reason=EndReason.WALL_TIME), Status.TIMEOUT, Reason.TIME_LIMIT_EXCEEDED),
        (replace(KILLED, end_reason=EndReason.MEMORY), Status.FAILED, Reason.MEMORY_LIMIT_EXCEEDED),
        (replace(KILLED, end_reason=EndReason.FILES), Status.FAILED, Reason.COMPILATION_ERROR),
        (replace(KILLED, end_reason=EndReason.PROCESSES), Status.FAILED, Reason.COMPILATION_ERROR),
        (replace(KILLED, end_reason=EndReason.SOCKETS), Status.FAILED, Reason.COMPILATION_ERROR),
    ],
)
def test_judges_a_compilation(result, status, reason):
    verdict = judge_compile(result, wall_time_seconds=10, file_size_mib=64)
    assert verdict is not None
    assert (verdict.status, verdict.reason) == (status, reason)


def test_lets_what_was_compiled_run():
    assert judge_compile(EXITED, wall_time_seconds=10, file_size_mib=64) is None


@pytest.mark.parametrize(("seconds", "number"), [(30, "30"), (30.0, "30"), (0.5, "0.5")])
def test_names_the_limit(seconds, number):
    timed_out = replace(KILLED, end_reason=EndReason.WALL_TIME)
    run = judge_run(timed_out, wall_time_seconds=seconds, file_size_mib=64)
    assert run.note == f"Execution exceeded {number} second timeout"
    compilation = judge_compile(timed_out, wall_time_seconds=seconds, file_size_mib=64)
    assert compilation is not None
    assert compilation.note == f"Compilation exceeded {number} second timeout"


@pytest.mark.parametrize(
    ("reason", "run_note", "compile_note"),
    [
        (EndReason.FILES, "Execution exceeded 64 MiB of files", "Compilation exceeded 64 MiB of files"),
        (EndReason.PROCESSES, "Execution exceeded its process limit", ""),
        (EndReason.SOCKETS, "Execution exceeded its limit of sockets", ""),
        (EndReason.MEMORY, "", ""),
        (EndReason.OUTPUT, "", ""),
        (EndReason.EXITED, "", ""),
    ],
)
def test_tells_the_author_of_limits_that_nothing_else_tells_of(reason, run_note, compile_note):
    killed = replace(KILLED, end_reason=reason)
    assert judge_run(killed, wall_time_seconds=30, file_size_mib=64).note == run_note
    compilation = judge_compile(killed, wall_time_seconds=10, file_size_mib=64)
    assert compilation is not None
    assert compilation.note == compile_note
