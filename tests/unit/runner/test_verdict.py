"""Measurements of a phase lead to one status and reason."""

from dataclasses import replace

import pytest

from livecode.domain import Reason, Status
from livecode_runner.sandbox import PhaseResult
from livecode_runner.verdict import judge_compile, judge_run

EXITED = PhaseResult(
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
        (replace(KILLED, timed_out=True), Status.TIMEOUT, Reason.TIME_LIMIT_EXCEEDED),
        (replace(KILLED, memory_exceeded=True), Status.FAILED, Reason.MEMORY_LIMIT_EXCEEDED),
        (replace(KILLED, output_exceeded=True), Status.FAILED, Reason.OUTPUT_LIMIT_EXCEEDED),
        (replace(KILLED, files_exceeded=True), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(KILLED, processes_exceeded=True), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(KILLED, sockets_exceeded=True), Status.FAILED, Reason.RUNTIME_ERROR),
        (replace(EXITED, output_exceeded=True), Status.FAILED, Reason.OUTPUT_LIMIT_EXCEEDED),
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
        (replace(KILLED, timed_out=True), Status.TIMEOUT, Reason.TIME_LIMIT_EXCEEDED),
        (replace(KILLED, memory_exceeded=True), Status.FAILED, Reason.MEMORY_LIMIT_EXCEEDED),
        (replace(KILLED, files_exceeded=True), Status.FAILED, Reason.COMPILATION_ERROR),
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
    timed_out = replace(KILLED, timed_out=True)
    run = judge_run(timed_out, wall_time_seconds=seconds, file_size_mib=64)
    assert run.note == f"Execution exceeded {number} second timeout"
    compilation = judge_compile(timed_out, wall_time_seconds=seconds, file_size_mib=64)
    assert compilation is not None
    assert compilation.note == f"Compilation exceeded {number} second timeout"
