"""What the sweeper sends again, and what the dead-letter consumer ends."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools import Logger

from livecode import messages
from livecode.domain import Backlog, QueueCounts, Status
from livecode.errors import DatabaseUnavailable, ExecutionHeld, QueueUnavailable, Unavailable
from livecode.logs import StructuredLogger
from livecode_api.sweeper.batch import DeadLetterBatch
from livecode_api.sweeper.dead_letters import DeadLetters
from livecode_api.sweeper.sweep import Sweeper, Swept
from tests.fakes import NOON, InMemoryStore, RecordingLogger, RecordingQueue

LOGGER = Logger(service="test", level="CRITICAL")


@dataclass
class ListedUpkeep:
    """Answers with what it was given."""

    abandoned: list[UUID] = field(default_factory=list)
    requeued: list[UUID] = field(default_factory=list)
    overdue: list[UUID] = field(default_factory=list)
    unsent: list[UUID] = field(default_factory=list)
    live: int = 0

    def abandon_lapsed(self, *, max_attempts: int) -> list[UUID]:
        return self.abandoned

    def requeue_lapsed(self, *, max_attempts: int) -> list[UUID]:
        return self.requeued

    def now(self) -> datetime:
        return NOON

    def backlog(self, *, resend_after_seconds: float, as_of: datetime) -> Backlog:
        assert as_of == NOON
        return Backlog(live=self.live, overdue=len(self.overdue), unsent=len(self.unsent))

    def end_unsent(self, *, resend_after_seconds: float, most: int) -> list[UUID]:
        assert most > 0  # Postgres refuses a negative LIMIT
        return self.unsent[:most]

    def take_overdue(self, *, resend_after_seconds: float, most: int) -> list[UUID]:
        assert most > 0
        return self.overdue[:most]


def sweep(
    upkeep: ListedUpkeep, queue: RecordingQueue, *, dead: int = 0, logger: StructuredLogger | None = None
) -> Swept:
    return Sweeper(
        upkeep=upkeep,
        queue=queue,
        dead_letters=RecordingQueue(extra_messages=dead),
        max_attempts=4,
        resend_after_seconds=60,
        logger=logger or RecordingLogger(),
    ).sweep()


def test_requeued_runs_get_a_new_message_and_abandoned_ones_none() -> None:
    queue, requeued = RecordingQueue(), [uuid4(), uuid4()]
    swept = sweep(ListedUpkeep(requeued=requeued, abandoned=[uuid4()]), queue)
    assert swept == Swept(abandoned=1, requeued=2, resent=0)
    assert queue.sent == requeued


@pytest.mark.parametrize(
    ("live", "in_queue", "resent"),
    [
        pytest.param(200, 200, 0, id="a long backlog is no loss"),
        pytest.param(200, 250, 0, id="more messages than rows"),
        pytest.param(200, 197, 3, id="three lost"),
        pytest.param(5, 0, 5, id="all lost"),
    ],
)
def test_resends_only_what_the_queue_cannot_account_for(live: int, in_queue: int, resent: int) -> None:
    upkeep = ListedUpkeep(overdue=[uuid4() for _ in range(5)], live=live)
    queue = RecordingQueue(extra_messages=in_queue)
    assert sweep(upkeep, queue).resent == resent
    assert queue.sent == upkeep.overdue[:resent]


@pytest.mark.parametrize(
    ("live", "in_queue", "dead", "ended", "resent"),
    [
        pytest.param(5, 5, 0, 0, 0, id="each has a message, whoever forgot to say so"),
        pytest.param(5, 6, 0, 0, 0, id="there are more messages than rows"),
        pytest.param(8, 3, 2, 2, 1, id="dead letters count as much as messages"),
        pytest.param(5, 3, 2, 0, 0, id="two messages are dead letters, to be sent again"),
        pytest.param(5, 4, 0, 1, 0, id="one has none: one that nobody sent"),
        pytest.param(5, 2, 0, 2, 1, id="both of those have none, nor has another"),
    ],
)
def test_ends_what_no_message_was_sent_for_and_resends_what_lost_its_own(
    live: int, in_queue: int, dead: int, ended: int, resent: int
) -> None:
    upkeep = ListedUpkeep(unsent=[uuid4(), uuid4()], overdue=[uuid4(), uuid4(), uuid4()], live=live)
    queue = RecordingQueue(extra_messages=in_queue)
    swept = sweep(upkeep, queue, dead=dead)
    assert (swept.unsent, swept.resent) == (ended, resent)
    assert queue.sent == upkeep.overdue[:resent]


def test_runs_that_end_while_it_counts_are_not_taken_for_lost() -> None:
    upkeep = ListedUpkeep(overdue=[uuid4() for _ in range(5)], live=200)

    class DrainingQueue(RecordingQueue):
        def counts(self) -> QueueCounts:
            counts = super().counts()
            upkeep.live -= 3  # they finish, and their messages go, just after the queue was asked
            return counts

    assert sweep(upkeep, DrainingQueue(extra_messages=200)).resent == 0


def test_logs_each_execution_by_what_became_of_it() -> None:
    logger = RecordingLogger()
    lost, requeued, unsent, overdue = uuid4(), uuid4(), uuid4(), uuid4()
    upkeep = ListedUpkeep(abandoned=[lost], requeued=[requeued], unsent=[unsent], overdue=[overdue], live=3)
    sweep(upkeep, RecordingQueue(), logger=logger)
    assert [(line["level"], line["execution_id"], line["outcome"]) for line in logger.lines] == [
        ("ERROR", str(lost), "abandoned"),
        ("WARNING", str(requeued), "requeued"),
        ("WARNING", str(unsent), "never sent"),
        ("WARNING", str(overdue), "resent"),
    ]


def test_a_send_that_fails_leaves_the_others() -> None:
    queue = RecordingQueue(down=True)
    assert sweep(ListedUpkeep(requeued=[uuid4()]), queue).requeued == 1


@pytest.fixture
def store() -> InMemoryStore:
    store = InMemoryStore()
    session = uuid4()
    store.create(session, language="python", source_code="")
    store.take(session, uuid4())
    return store


def consume(store: InMemoryStore, body: str, queue: RecordingQueue | None = None) -> bool:
    return DeadLetters(
        executions=store,
        queue=queue or RecordingQueue(down=True),
        max_attempts=4,
        give_up_after_seconds=86_400,
        logger=LOGGER,
    ).consume(body)


def test_a_dead_letter_ends_an_execution_whose_attempts_are_used(store: InMemoryStore) -> None:
    ((execution_id, row),) = store.rows.items()
    row.attempt = 4
    assert consume(store, messages.encode(execution_id))
    assert row.status is Status.FAILED


@pytest.mark.parametrize("attempt", [0, 1, 3])
def test_a_dead_letter_with_attempts_left_is_sent_again(store: InMemoryStore, attempt: int) -> None:
    ((execution_id, row),) = store.rows.items()
    row.attempt, queue = attempt, RecordingQueue()
    assert not consume(store, messages.encode(execution_id), queue)
    assert (row.status, queue.sent) == (Status.QUEUED, [execution_id])


def test_a_dead_letter_that_no_runner_got_to_for_a_day_ends(store: InMemoryStore) -> None:
    ((execution_id, row),) = store.rows.items()
    row.age_seconds = 86_400
    assert consume(store, messages.encode(execution_id))
    assert row.status is Status.FAILED


def test_a_dead_letter_of_a_newer_version_goes_on_as_it_is(store: InMemoryStore) -> None:
    (execution_id,) = store.rows
    body, queue = f'{{"version":9,"execution_id":"{execution_id}","new":1}}', RecordingQueue()
    assert not consume(store, body, queue)
    assert queue.bodies == [body]


def test_a_dead_letter_comes_back_when_the_queue_or_the_database_is_away(store: InMemoryStore) -> None:
    ((execution_id, row),) = store.rows.items()
    with pytest.raises(QueueUnavailable):
        consume(store, messages.encode(execution_id), RecordingQueue(down=True))
    store.down = True
    with pytest.raises(DatabaseUnavailable):
        consume(store, messages.encode(execution_id), RecordingQueue())
    assert row.status is Status.QUEUED


def test_a_dead_letter_whose_execution_is_held_comes_back(store: InMemoryStore) -> None:
    (execution_id,) = store.rows
    store.claim(execution_id, lease_seconds=75, max_attempts=4)
    with pytest.raises(ExecutionHeld):
        consume(store, messages.encode(execution_id))
    assert store.rows[execution_id].status is Status.RUNNING


def test_a_dead_letter_of_a_finished_execution_is_nothing_given_up(store: InMemoryStore) -> None:
    ((execution_id, row),) = store.rows.items()
    row.status = Status.COMPLETED
    assert not consume(store, messages.encode(execution_id))
    assert not consume(store, messages.encode(UUID(int=7)))


@pytest.mark.parametrize("body", ["", "garbage", "{}"])
def test_a_dead_letter_that_nobody_can_read_is_given_up(store: InMemoryStore, body: str) -> None:
    assert consume(store, body)
    assert [row.status for row in store.rows.values()] == [Status.QUEUED]


class Letter:
    def __init__(self, body: str, receipt_handle: str) -> None:
        self.body, self.receipt_handle = body, receipt_handle


class Consumer:
    """Answers each letter by what its body is mapped to, and remembers which were tried."""

    def __init__(self, **answers: bool | Exception) -> None:
        self.answers, self.tried = answers, list[str]()

    def consume(self, body: str) -> bool:
        self.tried.append(body)
        answer = self.answers[body]
        if isinstance(answer, Exception):
            raise answer
        return answer


class Visibility:
    def __init__(self) -> None:
        self.changes: dict[str, int] = {}

    def change_visibility(self, receipt_handle: str, *, after_seconds: int) -> None:
        self.changes[receipt_handle] = after_seconds


def test_a_batch_counts_what_was_given_up_and_returns_what_is_held_after_its_lease() -> None:
    given_up: list[None] = []
    consumer, visibility = Consumer(lost=True, finished=False, held=ExecutionHeld(12.2)), Visibility()
    batch = DeadLetterBatch(dead_letters=consumer, visibility=visibility, count_given_up=lambda: given_up.append(None))
    batch.consume(record=Letter("lost", "0"))
    batch.consume(record=Letter("lost", "1"))
    batch.consume(record=Letter("finished", "2"))
    with pytest.raises(ExecutionHeld):
        batch.consume(record=Letter("held", "3"))
    assert len(given_up) == 2
    assert visibility.changes == {"3": 14}


@pytest.mark.parametrize("outage", [DatabaseUnavailable(), QueueUnavailable()])
def test_a_batch_tries_nothing_more_once_something_is_away(outage: Unavailable) -> None:
    given_up: list[None] = []
    consumer, visibility = Consumer(lost=True, away=outage), Visibility()
    batch = DeadLetterBatch(dead_letters=consumer, visibility=visibility, count_given_up=lambda: given_up.append(None))
    for receipt_handle, body in enumerate(("away", "lost", "lost")):
        with pytest.raises(type(outage)):
            batch.consume(record=Letter(body, str(receipt_handle)))
    assert (consumer.tried, given_up) == (["away"], [])
    assert visibility.changes == {"0": 30, "1": 30, "2": 30}
