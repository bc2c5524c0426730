"""What a sandbox that breaks means for the program that it breaks under."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from livecode.domain import RunLimits, Status
from livecode.errors import TransientError
from livecode.languages import LANGUAGES
from livecode_runner.execute import NothingRan, RunFailed, execute
from livecode_runner.sandbox import EndReason, PhaseResult, SandboxBroken, SandboxFailed

ENDED = PhaseResult(
    end_reason=EndReason.EXITED,
    exit_code=0, signal=None, wall_time_ms=1, cpu_time_ms=1, memory_kb=1,
    stdout=b"1\n", stderr=b"", stdout_bytes=2, stderr_bytes=0,
)  # fmt: skip


class Folder:
    path = work = home = "/nowhere/work"

    def write(self, name: str, content: bytes) -> None: ...


class Run:
    folder = Folder()
    names_in_messages: ClassVar[dict[str, str]] = {}

    def __init__(self, phase: Callable[[], PhaseResult]) -> None:
        self._phase = phase

    def execute(self, *_: object, **__: object) -> PhaseResult:
        return self._phase()


def fails() -> PhaseResult:
    raise SandboxFailed


class BreakingSandbox:
    def __init__(self, *, at: str) -> None:
        self._at = at

    @contextmanager
    def open_run(self) -> Iterator[Run]:
        if self._at == "start":
            raise SandboxBroken
        yield Run(fails if self._at == "run" else lambda: ENDED)
        if self._at == "end":
            raise SandboxBroken


def run(sandbox: Any, told: list[str]) -> Any:
    return execute(
        LANGUAGES["python"],
        "",
        RunLimits(),
        sandbox,
        time_left_seconds=lambda: 60,
        on_broken=lambda: told.append("broken"),
    )


def test_an_environment_that_lacks_what_a_run_needs_says_so() -> None:
    class Starved(BreakingSandbox):
        @contextmanager
        def open_run(self) -> Iterator[Run]:
            raise OSError(24, "Too many open files")
            yield

    told: list[str] = []
    with pytest.raises(NothingRan):
        run(Starved(at="start"), told)
    assert told == ["broken"]


@pytest.mark.parametrize(("at", "error"), [("start", NothingRan), ("run", RunFailed)])
def test_an_environment_that_breaks_says_so_and_whether_the_program_had_begun(at: str, error: type[Exception]) -> None:
    told: list[str] = []
    with pytest.raises(TransientError) as raised:
        run(BreakingSandbox(at=at), told)
    assert (type(raised.value), told) == (error, ["broken"])


def test_a_result_is_kept_though_the_environment_breaks_behind_it() -> None:
    told: list[str] = []
    outcome = run(BreakingSandbox(at="end"), told)
    assert (outcome.status, outcome.stdout, told) == (Status.COMPLETED, "1\n", ["broken"])
