"""A record's way through the runner: what is a result, what is a retry, and when a message comes back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest

from livecode import messages
from livecode.domain import ClaimedExecution, Outcome, Reason, Status
from livecode.errors import DatabaseUnavailable, ExecutionHeld, UnknownMessageVersion
from livecode.languages import Language
from livecode.logs import StructuredLogger
from livecode_runner.execute import NothingRan, RunFailed
from livecode_runner.records import RETRY_DELAYS_SECONDS, EnvironmentRefuses, Record, RecordHandler, RetryLater
from tests.fakes import InMemoryStore, RecordingLogger

COMPLETED = Outcome(status=Status.COMPLETED, exit_code=0, stdout="1\n")


@dataclass
class RecordingVisibility:
    delays: list[int] = field(default_factory=list)

    def change_visibility(self, receipt_handle: str, *, after_seconds: int) -> None:
        assert receipt_handle == "handle"
        self.delays.append(after_seconds)


@dataclass
class Runner:
    """A record handler over a store in memory, with one session and one queued execution."""

    outcome: Outcome | Exception = COMPLETED
    store: InMemoryStore = field(default_factory=InMemoryStore)
    visibility: RecordingVisibility = field(default_factory=RecordingVisibility)
    ran: list[tuple[str, str]] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    poison: int = 0
    patience: float = 0
    logger: StructuredLogger = field(default_factory=RecordingLogger)
    jitter: Callable[[float, float], float] = lambda low, high: high
    while_running: Callable[[], None] = lambda: None
    on_sleep: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        session_id, self.execution_id = uuid4(), uuid4()
        self.store.create(session_id, language="python", source_code="print(1)")
        self.store.take(session_id, self.execution_id)

    @property
    def row(self) -> object:
        return self.store.rows[self.execution_id]

    def handle(self, body: str | None = None, *, receive_count: int = 1) -> None:
        def run(language: Language, source_code: str) -> Outcome:
            self.ran.append((language.name, source_code))
            self.while_running()
            if isinstance(self.outcome, Exception):
                raise self.outcome
            return self.outcome

        def count() -> None:
            self.poison += 1

        def sleep(seconds: float) -> None:
            self.slept.append(seconds)
            self.on_sleep()

        RecordHandler(
            executions=self.store,
            visibility=self.visibility,
            run=run,
            lease_seconds=75,
            max_attempts=4,
            logger=self.logger,
            count_poison=count,
            patience_seconds=lambda: self.patience,
            sleep=sleep,
            clock=lambda: sum(self.slept),
            jitter=self.jitter,
        ).handle(
            Record(
                body=messages.encode(self.execution_id) if body is None else body,
                receipt_handle="handle",
                receive_count=receive_count,
            )
        )

    @property
    def status(self) -> Status:
        return self.store.rows[self.execution_id].status


@pytest.mark.parametrize(
    "outcome",
    [
        COMPLETED,
        Outcome(status=Status.FAILED, reason=Reason.RUNTIME_ERROR, exit_code=1),
        Outcome(status=Status.FAILED, reason=Reason.MEMORY_LIMIT_EXCEEDED, signal="SIGKILL"),
        Outcome(status=Status.TIMEOUT, reason=Reason.TIME_LIMIT_EXCEEDED, signal="SIGKILL"),
        Outcome(status=Status.FAILED, reason=Reason.COMPILATION_ERROR, compile_time_ms=3),
    ],
)
def test_whatever_a_program_does_is_a_result_and_never_a_retry(outcome: Outcome) -> None:
    runner = Runner(outcome=outcome)
    runner.handle()
    assert runner.ran == [("python", "print(1)")]
    assert runner.store.rows[runner.execution_id].outcome == outcome
    assert not runner.visibility.delays


def test_a_second_delivery_of_a_finished_run_is_quiet() -> None:
    runner = Runner()
    runner.handle()
    runner.handle()
    assert len(runner.ran) == 1


def test_a_message_whose_execution_is_gone_is_quiet() -> None:
    runner = Runner()
    runner.store.rows.clear()
    runner.handle(messages.encode(uuid4()))
    assert not runner.ran


@pytest.mark.parametrize(("lease_seconds", "delay"), [(41.2, 43), (40.2, 42)])
def test_a_held_execution_s_message_comes_back_when_the_lease_has_ended(lease_seconds: float, delay: int) -> None:
    runner = Runner()
    runner.store.claim(runner.execution_id, lease_seconds=lease_seconds, max_attempts=4)
    with pytest.raises(ExecutionHeld):
        runner.handle()
    assert runner.visibility.delays == [delay]
    assert not runner.ran


@pytest.mark.parametrize(("receive_count", "delay"), [(1, 3), (2, 6), (3, 12), (4, 0), (5, 0)])
def test_our_failure_gives_back_and_retries_with_jitter(receive_count: int, delay: int) -> None:
    runner = Runner(outcome=OSError("spawn"))
    with pytest.raises(RetryLater):
        runner.handle(receive_count=receive_count)
    assert runner.status is Status.QUEUED
    assert runner.visibility.delays == [delay]


def test_retries_stop_at_the_fourth_attempt() -> None:
    runner = Runner(outcome=OSError("spawn"))
    for receive_count in range(1, 2 + len(RETRY_DELAYS_SECONDS)):
        with pytest.raises(RetryLater):
            runner.handle(receive_count=receive_count)
    runner.handle(receive_count=5)
    assert (runner.status, len(runner.ran)) == (Status.FAILED, 4)
    outcome = runner.store.rows[runner.execution_id].outcome
    assert outcome is not None
    assert outcome.reason is Reason.INTERNAL_ERROR


def test_a_database_that_is_away_at_the_claim_is_a_retry() -> None:
    runner = Runner()
    runner.store.down = True
    with pytest.raises(RetryLater):
        runner.handle()
    assert runner.visibility.delays == [3]
    assert not runner.ran


def test_a_claim_waits_for_a_database_that_comes_back() -> None:
    """With the message in hand: given back at once, it and all others would have been received for nothing."""
    runner = Runner(patience=10)
    runner.store.down = True
    runner.on_sleep = lambda: setattr(runner.store, "down", sum(runner.slept) < 5)
    runner.handle()
    assert (runner.status, runner.visibility.delays) == (Status.COMPLETED, [])
    assert 5 <= sum(runner.slept) <= 10


@pytest.mark.parametrize("patience", [0, 0.1, 10, -3])
def test_a_claim_waits_no_longer_than_the_program_can_spare(patience: float) -> None:
    runner = Runner(patience=patience)
    runner.store.down = True
    with pytest.raises(RetryLater):
        runner.handle()
    assert sum(runner.slept) <= max(patience, 0)
    assert runner.visibility.delays == [3]


@pytest.mark.parametrize(
    ("patience", "slept"), [(0.7, [0.2, 0.5]), (0.69, [0.2]), (8, [0.2, 0.5, 1, 2, 2, 2]), (0, [])]
)
def test_a_claim_waits_longer_from_try_to_try_and_to_the_last_moment(patience: float, slept: list[float]) -> None:
    runner = Runner(patience=patience)
    runner.store.down = True
    with pytest.raises(RetryLater):
        runner.handle()
    assert runner.slept == slept


@pytest.mark.parametrize(("receive_count", "bounds"), [(1, (0, 1)), (2, (0, 2)), (3, (0, 4))])
def test_a_retry_comes_up_to_half_its_delay_later(receive_count: int, bounds: tuple[float, float]) -> None:
    drawn: list[tuple[float, float]] = []
    runner = Runner(outcome=OSError("spawn"), jitter=lambda low, high: drawn.append((low, high)) or 0.6)  # type: ignore[func-returns-value]
    with pytest.raises(RetryLater):
        runner.handle(receive_count=receive_count)
    assert drawn == [bounds]
    assert runner.visibility.delays == [RETRY_DELAYS_SECONDS[receive_count - 1] + 1]


def test_a_result_is_tried_to_be_written_for_three_seconds() -> None:
    runner = Runner()
    runner.while_running = lambda: setattr(runner.store, "down", True)
    with pytest.raises(RetryLater):
        runner.handle()
    assert runner.slept == [0.2, 1, 2]


def test_a_run_that_cannot_be_given_back_comes_back_all_the_same() -> None:
    logger = RecordingLogger()
    runner = Runner(outcome=OSError("spawn"), logger=logger)
    runner.while_running = lambda: setattr(runner.store, "down", True)
    with pytest.raises(RetryLater) as raised:
        runner.handle()
    assert isinstance(raised.value.__cause__, OSError)  # what failed first, and not the database
    assert [line["message"] for line in logger.lines] == ["claimed", "give back failed", "retried"]
    assert (runner.status, runner.visibility.delays) == (Status.RUNNING, [3])


def test_says_that_a_result_came_too_late() -> None:
    logger = RecordingLogger()
    runner = Runner(logger=logger)

    def lose_the_lease() -> None:
        runner.store.rows[runner.execution_id].lease_seconds = 0
        runner.store.claim(runner.execution_id, lease_seconds=75, max_attempts=4)

    runner.while_running = lose_the_lease
    runner.handle()
    assert [line["message"] for line in logger.lines] == ["claimed", "finished too late"]


def test_a_result_is_written_once() -> None:
    runner = Runner()
    finished: list[Outcome] = []
    finish = runner.store.finish
    runner.store.finish = lambda claimed, outcome: finished.append(outcome) or finish(claimed, outcome)  # type: ignore[method-assign,func-returns-value]
    runner.handle()
    assert finished == [COMPLETED]


@pytest.mark.parametrize(
    ("outcome", "steps"),
    [
        (COMPLETED, ["claimed", "finished"]),
        (Outcome(status=Status.COMPLETED, compile_time_ms=0), ["claimed", "compiled", "finished"]),
        (
            Outcome(status=Status.TIMEOUT, reason=Reason.TIME_LIMIT_EXCEEDED),
            ["claimed", "limit reached", "finished"],
        ),
        (Outcome(status=Status.FAILED, reason=Reason.RUNTIME_ERROR), ["claimed", "finished"]),
    ],
)
def test_logs_each_step_once_by_its_ids(outcome: Outcome, steps: list[str]) -> None:
    logger = RecordingLogger()
    runner = Runner(outcome=outcome, logger=logger)
    runner.handle()
    assert [line["message"] for line in logger.lines] == steps
    for line in logger.lines:
        assert (line["execution_id"], line["attempt"], line["language"]) == (str(runner.execution_id), 1, "python")
    assert logger.lines[0]["queue_time_ms"] == 1000  # the store in memory claims a second later
    assert {line["level"] for line in logger.lines} <= {"INFO", "WARNING"}


def test_an_environment_that_broke_before_the_program_began_costs_it_no_attempt() -> None:
    runner = Runner(outcome=NothingRan())
    for receive_count in range(1, 9):
        with pytest.raises(RetryLater):
            runner.handle(receive_count=receive_count)
    assert (runner.status, runner.store.rows[runner.execution_id].attempt) == (Status.QUEUED, 0)
    runner.outcome = COMPLETED
    runner.handle()
    assert (runner.status, runner.store.rows[runner.execution_id].attempt) == (Status.COMPLETED, 1)


def test_a_program_that_breaks_its_environment_ends_after_four_attempts() -> None:
    runner = Runner(outcome=RunFailed("processes survive SIGKILL"))
    for receive_count in range(1, 5):
        with pytest.raises(RetryLater):
            runner.handle(receive_count=receive_count)
    runner.handle(receive_count=5)
    assert (runner.status, len(runner.ran)) == (Status.FAILED, 4)


@pytest.mark.parametrize(("receive_count", "delay"), [(1, 8), (2, 15), (3, 30), (4, 0)])
def test_an_environment_that_refuses_gives_messages_back_for_longer(receive_count: int, delay: int) -> None:
    runner = Runner(outcome=EnvironmentRefuses())
    with pytest.raises(RetryLater):
        runner.handle(receive_count=receive_count)
    assert (runner.status, runner.visibility.delays) == (Status.QUEUED, [delay])


def test_a_result_in_hand_is_written_again_rather_than_run_again() -> None:
    runner = Runner()
    runner.while_running = lambda: setattr(runner.store, "down", True)
    runner.on_sleep = lambda: setattr(runner.store, "down", len(runner.slept) < 2)
    runner.handle()
    assert (runner.status, len(runner.ran), runner.slept) == (Status.COMPLETED, 1, [0.2, 1])


def test_a_result_that_cannot_be_written_is_a_retry() -> None:
    runner = Runner()
    runner.while_running = lambda: setattr(runner.store, "down", True)
    with pytest.raises(RetryLater) as raised:
        runner.handle()
    assert isinstance(raised.value.__cause__, DatabaseUnavailable)
    assert len(runner.slept) == 3


def test_a_late_runner_does_not_overwrite() -> None:
    runner = Runner(outcome=Outcome(status=Status.FAILED, reason=Reason.RUNTIME_ERROR, exit_code=1))

    def another_finishes() -> None:
        runner.store.rows[runner.execution_id].lease_seconds = 0
        claimed = runner.store.claim(runner.execution_id, lease_seconds=75, max_attempts=4)
        assert isinstance(claimed, ClaimedExecution)
        runner.store.finish(claimed, COMPLETED)

    runner.while_running = another_finishes
    runner.handle()
    assert runner.store.rows[runner.execution_id].outcome == COMPLETED


@pytest.mark.parametrize(
    "body", ["", "not json", "{}", "[]", '{"version":1}', '{"version":1,"execution_id":"x"}', '{"version":0,"a":1}']
)
def test_a_poison_message_is_thrown_away_and_counted(body: str) -> None:
    runner = Runner()
    runner.handle(body)
    assert (runner.poison, runner.ran, runner.visibility.delays) == (1, [], [])


def test_a_message_of_a_newer_version_is_kept() -> None:
    runner = Runner()
    with pytest.raises(RetryLater) as raised:
        runner.handle(f'{{"version":2,"execution_id":"{UUID(int=0)}"}}')
    assert isinstance(raised.value.__cause__, UnknownMessageVersion)
    assert (runner.poison, runner.visibility.delays) == (0, [3])
