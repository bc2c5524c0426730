"""What the sweeper and the dead letters' consumer take, in which order, up to how many; and what they leave alone."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from livecode.db.upkeep import PostgresUpkeep
from livecode.domain import Reason, Status
from tests.integration.conftest import engine_of
from tests.integration.test_executions import Database

MAX_ATTEMPTS = 2


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine)


def claimed(database: Database, times: int) -> UUID:
    """An execution that was claimed so many times, each time by a runner that was lost."""
    execution_id = database.queue()
    for _ in range(times):
        database.claim(execution_id)
        database.lapse(execution_id)
    return execution_id


def columns(database: Database, execution_id: UUID) -> tuple[object, ...]:
    [row] = database.sql(
        "SELECT status, attempt, lease_until IS NULL, started_at IS NULL, finished_at IS NULL, reason"
        " FROM executions WHERE id = :id",
        id=execution_id,
    )
    return row


def since_sent(database: Database, execution_id: UUID) -> float:
    [(seconds,)] = database.sql(
        "SELECT extract(epoch FROM now() - sent_at) FROM executions WHERE id = :id", id=execution_id
    )
    return float(str(seconds))


QUEUED = ("QUEUED", 1, True, True, True, None)
GIVEN_UP = ("FAILED", 2, True, False, False, "INTERNAL_ERROR")


def test_what_has_attempts_left_is_requeued_and_the_rest_is_abandoned(database: Database) -> None:
    once, twice = claimed(database, 1), claimed(database, MAX_ATTEMPTS)
    database.age(once, 500)
    held = database.queue()
    database.claim(held)
    assert database.upkeep.requeue_lapsed(max_attempts=MAX_ATTEMPTS) == [once]
    assert database.upkeep.abandon_lapsed(max_attempts=MAX_ATTEMPTS) == [twice]
    assert (columns(database, once), columns(database, twice)) == (QUEUED, GIVEN_UP)
    assert since_sent(database, once) < 400  # marked as sent: the caller sends its message now
    assert (database.events(once)[-1], database.events(twice)[-1]) == (("requeued", 1), ("abandoned", 2))
    assert columns(database, held)[0] == "RUNNING"


@pytest.mark.parametrize("step", ["requeue_lapsed", "abandon_lapsed"])
def test_a_sweep_takes_the_oldest_and_no_more_than_it_may(database: Database, engine: Engine, step: str) -> None:
    times = {"requeue_lapsed": 1, "abandon_lapsed": MAX_ATTEMPTS}[step]
    young, old, middle = (claimed(database, times) for _ in range(3))
    for execution_id, age in ((young, 10), (old, 30), (middle, 20)):
        database.sql("UPDATE executions SET queued_at = now() - :s * interval '1 second' WHERE id = :id",
                     id=execution_id, s=age)  # fmt: skip
    take = getattr(PostgresUpkeep(engine, most=2), step)
    assert set(take(max_attempts=MAX_ATTEMPTS)) == {old, middle}
    assert take(max_attempts=MAX_ATTEMPTS) == [young]
    assert take(max_attempts=MAX_ATTEMPTS) == []


@pytest.mark.parametrize("step", ["requeue_lapsed", "abandon_lapsed", "take_overdue", "end_unsent"])
def test_a_sweep_waits_for_no_row_that_somebody_is_changing(database: Database, engine: Engine, step: str) -> None:
    executions = [claimed(database, MAX_ATTEMPTS if step == "abandon_lapsed" else 1) for _ in range(2)]
    if step in ("take_overdue", "end_unsent"):
        sent_at = "'infinity'" if step == "end_unsent" else "now() - interval '2 minutes'"
        database.sql(
            "UPDATE executions SET status = 'QUEUED', lease_until = NULL, queued_at = now() - interval '2 minutes',"
            f" sent_at = {sent_at}"
        )
    limits = {"max_attempts": MAX_ATTEMPTS} if step.endswith("lapsed") else {"resend_after_seconds": 60, "most": 5}
    other = engine_of(engine.url.render_as_string(hide_password=False))
    try:
        with other.connect().execution_options(isolation_level="READ COMMITTED") as connection:
            connection.execute(text("SELECT 1 FROM executions WHERE id = :id FOR UPDATE"), {"id": executions[0]})
            assert getattr(database.upkeep, step)(**limits) == [executions[1]]
            connection.rollback()
    finally:
        other.dispose()
    assert getattr(database.upkeep, step)(**limits) == [executions[0]]


def test_a_claim_proves_that_the_message_was_sent(database: Database) -> None:
    execution_id = database.queue()
    is_marked = "SELECT isfinite(sent_at) FROM executions"
    assert database.sql(is_marked) == [(False,)]
    database.claim(execution_id)
    assert database.sql(is_marked) == [(True,)]
    assert 0 <= since_sent(database, execution_id) < 60


def test_the_longest_overdue_are_sent_again_first(database: Database) -> None:
    ages = {database.queue(): age for age in (70, 90, 50, 80)}
    for execution_id, age in ages.items():
        database.age(execution_id, age)
    running = claimed(database, 1)
    database.age(running, 100)
    seventy, ninety, fifty, eighty = ages
    assert set(database.upkeep.take_overdue(resend_after_seconds=60, most=2)) == {ninety, eighty}
    assert database.upkeep.take_overdue(resend_after_seconds=60, most=2) == [seventy]
    assert since_sent(database, ninety) < 60
    assert since_sent(database, fifty) >= 50
    assert database.events(ninety)[-1] == ("resent", 0)


def test_what_was_never_sent_ends_oldest_first_and_gives_its_slot_back(database: Database) -> None:
    ages = {database.queue(): age for age in (70, 90, 50)}
    for execution_id, age in ages.items():
        database.sql("UPDATE executions SET queued_at = now() - :s * interval '1 second' WHERE id = :id",
                     id=execution_id, s=age)  # fmt: skip
    sent = database.queue()
    database.age(sent, 100)
    seventy, ninety, fifty = ages
    count = "SELECT execution_count FROM code_sessions"
    assert database.sql(count) == [(4,)]
    assert database.upkeep.end_unsent(resend_after_seconds=60, most=1) == [ninety]
    assert database.sql(count) == [(3,)]
    assert database.upkeep.end_unsent(resend_after_seconds=60, most=5) == [seventy]
    assert database.sql(count) == [(2,)]
    assert columns(database, ninety) == ("FAILED", 0, True, True, False, "INTERNAL_ERROR")
    assert database.events(ninety)[-1] == ("abandoned", 0)
    assert (columns(database, fifty)[0], columns(database, sent)[0]) == ("QUEUED", "QUEUED")


def test_counts_what_should_have_a_message_and_what_may_have_none(database: Database) -> None:
    overdue, unsent, young, running = database.queue(), database.queue(), database.queue(), claimed(database, 1)
    ended = claimed(database, 1)
    database.executions.abandon(ended)
    database.age(overdue, 61)
    database.age(young, 5)
    database.age(running, 100)
    database.sql("UPDATE executions SET queued_at = now() - interval '61 seconds' WHERE id = :id", id=unsent)
    now = database.upkeep.now()
    backlog = database.upkeep.backlog(resend_after_seconds=60, as_of=now)
    assert (backlog.live, backlog.overdue, backlog.unsent) == (4, 1, 1)
    database.sql("UPDATE executions SET sent_at = now() + interval '1 minute' WHERE id = :id", id=young)
    assert database.upkeep.backlog(resend_after_seconds=60, as_of=now).live == 3


def test_a_dead_letter_s_execution_is_revived_while_it_has_attempts_and_time(database: Database) -> None:
    def revive(execution_id: UUID) -> bool:
        return database.executions.revive(execution_id, max_attempts=MAX_ATTEMPTS, give_up_after_seconds=60)

    queued, lost, used, old, held, ended = (
        database.queue(),
        claimed(database, 1),
        claimed(database, MAX_ATTEMPTS),
        database.queue(),
        database.queue(),
        claimed(database, 1),
    )
    database.claim(held)
    database.executions.abandon(ended)
    database.sql("UPDATE executions SET queued_at = now() - interval '61 seconds' WHERE id = :id", id=old)
    database.age(lost, 500)
    assert [revive(each) for each in (queued, lost, used, old, held, ended)] == [True, True] + [False] * 4
    assert columns(database, lost) == QUEUED
    assert since_sent(database, lost) < 400
    assert database.events(lost)[-1] == ("resent", 1)


def test_abandons_what_nobody_holds_and_nothing_that_has_ended(database: Database) -> None:
    queued, lost, held = database.queue(), claimed(database, 1), database.queue()
    claim = database.claim(held)
    assert [database.executions.abandon(each) for each in (queued, lost, held)] == [True, True, False]
    assert not database.executions.abandon(queued)
    execution = database.executions.get(lost)
    assert execution.outcome is not None
    assert (execution.status, execution.outcome.reason) == (Status.FAILED, Reason.INTERNAL_ERROR)
    assert (columns(database, lost)[2], execution.finished_at is None) == (True, False)
    database.age(held, 500)
    assert database.executions.give_back(claim, counted=False)
    assert since_sent(database, held) < 400  # its message comes back by itself: it is not overdue
    assert columns(database, held) == ("QUEUED", 0, True, True, True, None)
