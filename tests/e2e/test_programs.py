"""Every program of the cases, over HTTP: what comes of each, and that it leaves the service as it was."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from tests.cases.expected import STREAM_LIMIT_BYTES, Program
from tests.cases.table import PROGRAMS
from tests.e2e.client import Execution, LiveCode, elapsed_ms
from tests.e2e.stack import EmbeddedStack

_DEFAULT = [program for program in PROGRAMS if not program.small_limits]
_SMALL = [program for program in PROGRAMS if program.small_limits]
_PROBE = "print(1)"
_GRACE_SECONDS = 2
_TERMINAL_EVENTS = {"finished", "abandoned"}
# NUL and what is no UTF-8 take three bytes where they took one.
_MOST_BYTES_OF_A_STREAM = 3 * STREAM_LIMIT_BYTES


@dataclass(frozen=True, kw_only=True)
class Submitted:
    """The executions of programs, by the program's id, each with that of the plain program queued right behind it."""

    executions: dict[str, tuple[str, str]]

    def wait(self, livecode: LiveCode, program: Program) -> tuple[Execution, Execution]:
        execution_id, probe_id = self.executions[program.id]
        return livecode.wait(execution_id, deadline_s=300), livecode.wait(probe_id, deadline_s=300)


def _submit(livecode: LiveCode, programs: Sequence[Program]) -> Submitted:
    """Queues all of them at once, so that the runners are never idle."""

    def submit(program: Program) -> tuple[str, str]:
        return livecode.submit(program.source, program.language), livecode.submit(_PROBE)

    with ThreadPoolExecutor(4) as pool:
        return Submitted(executions=dict(zip([p.id for p in programs], pool.map(submit, programs), strict=True)))


@pytest.fixture(scope="module")
def selected(request: pytest.FixtureRequest) -> set[str]:
    """Ids of the programs whose tests are really asked for."""
    return {
        program.id
        for item in request.session.items
        if isinstance(program := getattr(getattr(item, "callspec", None), "params", {}).get("program"), Program)
    }


@pytest.fixture(scope="module", autouse=True)
def logged_before(own_stack: EmbeddedStack | None) -> int:
    """How long the runner's log was before the first program."""
    return len(own_stack.logs("RunnerFunction")) if own_stack else 0


@pytest.fixture(scope="module")
def submitted(livecode: LiveCode, selected: set[str]) -> Submitted:
    return _submit(livecode, [program for program in _DEFAULT if program.id in selected])


@pytest.fixture(scope="module")
def long_runs(livecode: LiveCode) -> tuple[str, str]:
    """Executions that take a second less, and a second more, than a run may."""
    lengths = ("29", "31")
    shorter, longer = (livecode.submit(f"import time\nprint('on')\ntime.sleep({length})") for length in lengths)
    return shorter, longer


@pytest.fixture(scope="module")
def submitted_to_small(small_stack: EmbeddedStack, selected: set[str], long_runs: tuple[str, str]) -> Submitted:
    # While the long runs sleep on one stack, these time out on the other.
    return _submit(small_stack.client, [program for program in _SMALL if program.id in selected])


def _parameters(programs: Sequence[Program]) -> list[Any]:
    return [pytest.param(program, id=program.id, marks=pytest.mark.needs(*program.needs)) for program in programs]


@pytest.mark.parametrize("program", _parameters(_DEFAULT))
def test_a_program(livecode: LiveCode, own_stack: EmbeddedStack | None, submitted: Submitted, program: Program) -> None:
    execution, probe = submitted.wait(livecode, program)
    _assert_outcome(program, execution)
    _assert_afterwards(own_stack, execution, probe, limit_seconds=40)


@pytest.mark.parametrize("program", _parameters(_SMALL))
def test_a_program_under_small_limits(
    small_stack: EmbeddedStack, submitted_to_small: Submitted, program: Program
) -> None:
    execution, probe = submitted_to_small.wait(small_stack.client, program)
    _assert_outcome(program, execution)
    _assert_afterwards(small_stack, execution, probe, limit_seconds=4)


def test_a_run_may_take_thirty_seconds_and_no_more(livecode: LiveCode, long_runs: tuple[str, str]) -> None:
    shorter, longer = (livecode.wait(execution_id) for execution_id in long_runs)
    assert (shorter["status"], shorter["stdout"], shorter["stderr"]) == ("COMPLETED", "on\n", "")
    assert 29_000 <= shorter["execution_time_ms"] <= elapsed_ms(shorter)
    assert (longer["status"], longer["reason"], longer["attempt"]) == ("TIMEOUT", "TIME_LIMIT_EXCEEDED", 1)
    assert longer["stdout"] == "on\n"
    assert longer["stderr"].strip() == "Execution exceeded 30 second timeout"
    assert 30_000 <= longer["execution_time_ms"] <= elapsed_ms(longer)


def test_no_program_was_taken_for_a_failure_of_ours(stack: EmbeddedStack, logged_before: int) -> None:
    """A folder that could not be removed, a process that would not go: the runner would say so."""
    lines = stack.logs("RunnerFunction")[logged_before:].splitlines()
    assert [line for line in lines if '"message":"finished"' in line]
    assert [line for line in lines if '"level":"ERROR"' in line] == []


def _assert_outcome(program: Program, execution: Execution) -> None:
    differences = [outcome.differences(execution) for outcome in program.outcomes]
    assert [] in differences, "\n\n".join("\n".join(each) for each in differences) + f"\n\n{execution!r:.3000}"


def _assert_afterwards(
    stack: EmbeddedStack | None, execution: Execution, probe: Execution, *, limit_seconds: float
) -> None:
    assert execution["attempt"] == 1
    started, finished = (datetime.fromisoformat(execution[name]) for name in ("started_at", "finished_at"))
    assert (finished - started).total_seconds() < limit_seconds + _GRACE_SECONDS
    json.dumps(execution, allow_nan=False)
    for name in ("stdout", "stderr", "compile_output"):
        assert len(execution[name].encode()) <= _MOST_BYTES_OF_A_STREAM
    ran = execution["reason"] != "COMPILATION_ERROR" and execution["execution_time_ms"] is not None
    assert (execution["exit_code"] is None) == (execution["signal"] is not None) or not ran
    assert (probe["status"], probe["stdout"], probe["stderr"], probe["attempt"]) == ("COMPLETED", "1\n", "", 1)
    if stack is not None:
        events = stack.events(execution["execution_id"])
        assert [event for event, _ in events if event in _TERMINAL_EVENTS] == ["finished"]
        assert [event for event, _ in events].count("claimed") == 1
