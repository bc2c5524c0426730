"""Claim, finish, give back, sweep: each conditional, each written to the audit trail."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from livecode.db.engine import make_engine
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.domain import ClaimedExecution, Outcome, Reason, SessionLimits, Status
from livecode.errors import DatabaseUnavailable, ExecutionHeld, ExecutionNotFound, SessionNotFound
from tests.integration.conftest import engine_of

COMPLETED = Outcome(
    status=Status.COMPLETED,
    exit_code=0,
    stdout="é\u2400\ufffd\n",
    stdout_truncated=True,
    execution_time_ms=12,
    cpu_time_ms=9,
    memory_kb=8_192,
)


class Database:
    """One session, and shorthand for what the tests do to it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.executions = PostgresExecutions(engine)
        self.upkeep = PostgresUpkeep(engine)
        self.session_id = uuid4()
        PostgresSessions(engine, rate_limit_burst=1_000).create(
            self.session_id, language="python", source_code="print(1)"
        )

    def queue(self) -> UUID:
        execution_id = uuid4()
        limits = SessionLimits(rate_limit_burst=1_000, execution_limit=1_000)
        PostgresSlots(self.engine, limits).take(self.session_id, execution_id)
        return execution_id

    def claim(self, execution_id: UUID) -> ClaimedExecution:
        claimed = self.executions.claim(execution_id, lease_seconds=75, max_attempts=4)
        assert claimed is not None
        return claimed

    def lapse(self, execution_id: UUID) -> None:
        self.sql("UPDATE executions SET lease_until = now() - interval '1 second' WHERE id = :id", id=execution_id)

    def age(self, execution_id: UUID, seconds: int) -> None:
        self.sql("UPDATE executions SET sent_at = now() - :s * interval '1 second' WHERE id = :id",
                 id=execution_id, s=seconds)  # fmt: skip

    def sql(self, statement: str, **values: object) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            result = connection.execute(text(statement), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    def events(self, execution_id: UUID) -> list[tuple[object, ...]]:
        return self.sql("SELECT event, attempt FROM execution_events WHERE execution_id = :id ORDER BY id",
                        id=execution_id)  # fmt: skip


@pytest.fixture
def database(engine: Engine) -> Database:
    return Database(engine)


def test_claims_runs_and_finishes(database: Database) -> None:
    execution_id = database.queue()
    claimed = database.claim(execution_id)
    assert (claimed.source_code, claimed.attempt) == ("print(1)", 1)
    assert database.executions.get(execution_id).status is Status.RUNNING
    assert database.upkeep.active_executions() == 1
    assert database.executions.finish(claimed, COMPLETED)
    execution = database.executions.get(execution_id)
    assert execution.outcome == COMPLETED
    assert execution.finished_at is not None
    assert database.upkeep.active_executions() == 0
    assert database.events(execution_id) == [("queued", 0), ("claimed", 1), ("finished", 1)]


def test_many_claims_at_once_are_one_attempt(database: Database, database_url: str) -> None:
    execution_id = database.queue()

    def claim(_: int) -> str:
        engine = engine_of(database_url)
        try:
            PostgresExecutions(engine).claim(execution_id, lease_seconds=75, max_attempts=4)
        except ExecutionHeld:
            return "held"
        finally:
            engine.dispose()
        return "claimed"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(claim, range(8))) == ["claimed"] + ["held"] * 7


def test_a_live_lease_holds_and_tells_for_how_long(database: Database) -> None:
    execution_id = database.queue()
    database.claim(execution_id)
    with pytest.raises(ExecutionHeld) as held:
        database.executions.claim(execution_id, lease_seconds=75, max_attempts=4)
    assert 70 < held.value.lease_remaining_seconds <= 75
    assert database.executions.lease_remaining_seconds(execution_id) is not None


def test_a_lapsed_lease_is_taken_over_and_the_late_runner_changes_nothing(database: Database) -> None:
    execution_id = database.queue()
    late = database.claim(execution_id)
    database.lapse(execution_id)
    second = database.claim(execution_id)
    assert second.attempt == 2
    assert not database.executions.finish(late, Outcome(status=Status.FAILED, reason=Reason.RUNTIME_ERROR))
    assert not database.executions.give_back(late)
    assert database.executions.finish(second, COMPLETED)
    assert not database.executions.finish(second, Outcome(status=Status.TIMEOUT))
    assert database.executions.get(execution_id).outcome == COMPLETED
    assert not database.executions.abandon(execution_id)


def test_what_is_given_back_can_be_claimed_at_once(database: Database) -> None:
    execution_id = database.queue()
    assert database.executions.give_back(database.claim(execution_id))
    assert database.claim(execution_id).attempt == 2
    assert database.events(execution_id) == [("queued", 0), ("claimed", 1), ("retried", 1), ("claimed", 2)]


def test_nothing_is_claimed_beyond_the_last_attempt(database: Database) -> None:
    execution_id = database.queue()
    for _ in range(4):
        database.executions.give_back(database.claim(execution_id))
    assert database.executions.claim(execution_id, lease_seconds=75, max_attempts=4) is None
    execution = database.executions.get(execution_id)
    assert execution.outcome is not None
    assert (execution.status, execution.outcome.reason) == (Status.FAILED, Reason.INTERNAL_ERROR)
    assert [event for event, _ in database.events(execution_id)].count("abandoned") == 1


def test_deleting_the_session_takes_a_running_execution_along(database: Database) -> None:
    execution_id = database.queue()
    claimed = database.claim(execution_id)
    PostgresSessions(database.engine, rate_limit_burst=10).delete(database.session_id)
    assert not database.executions.finish(claimed, COMPLETED)
    assert database.executions.claim(execution_id, lease_seconds=75, max_attempts=4) is None
    with pytest.raises(ExecutionNotFound):
        database.executions.get(execution_id)
    with pytest.raises(SessionNotFound):
        database.executions.list_of_session(database.session_id, limit=1)
    assert database.sql("SELECT 1 FROM execution_events") == []


def test_lists_newest_first_and_tells_an_empty_session_from_none(database: Database) -> None:
    assert database.executions.list_of_session(database.session_id, limit=100) == []
    ids = [database.queue() for _ in range(3)]
    listed = database.executions.list_of_session(database.session_id, limit=2)
    assert [summary.execution_id for summary in listed] == ids[:0:-1]


def test_the_sweeper_requeues_lapsed_leases_with_attempts_left(database: Database) -> None:
    lapsed, live, used = database.queue(), database.queue(), database.queue()
    database.claim(lapsed)
    database.lapse(lapsed)
    database.claim(live)
    for _ in range(4):
        database.claim(used)
        database.lapse(used)
    assert database.upkeep.abandon_lapsed(max_attempts=4) == [used]
    assert database.upkeep.requeue_lapsed(max_attempts=4) == [lapsed]
    assert database.upkeep.requeue_lapsed(max_attempts=4) == []
    assert database.executions.get(lapsed).status is Status.QUEUED
    assert database.executions.get(live).status is Status.RUNNING
    assert database.events(lapsed)[-1] == ("requeued", 1)
    assert database.events(used)[-1] == ("abandoned", 4)


def test_only_rows_long_queued_are_overdue_and_a_resent_one_waits_again(database: Database) -> None:
    old, older, _ = database.queue(), database.queue(), database.queue()
    database.age(old, 61)
    database.age(older, 90)
    backlog = database.upkeep.backlog(resend_after_seconds=60, as_of=database.upkeep.now())
    assert (backlog.live, backlog.overdue) == (3, 2)
    as_of = database.upkeep.now()
    database.queue()
    assert database.upkeep.backlog(resend_after_seconds=60, as_of=as_of).live == 3
    assert 89 < (database.upkeep.oldest_queued_seconds() or 0) < 100
    assert database.upkeep.take_overdue(resend_after_seconds=60, most=1) == [older]
    assert database.upkeep.take_overdue(resend_after_seconds=60, most=5) == [old]
    assert database.upkeep.take_overdue(resend_after_seconds=60, most=5) == []
    assert database.events(old)[-1] == ("resent", 0)


def test_a_row_says_running_exactly_while_it_is_leased(database: Database) -> None:
    execution_id = database.queue()
    with pytest.raises(DBAPIError, match="executions_lease_check"):
        database.sql("UPDATE executions SET status = 'RUNNING' WHERE id = :id", id=execution_id)
    with pytest.raises(DBAPIError, match="executions_finished_check"):
        database.sql("UPDATE executions SET status = 'FAILED' WHERE id = :id", id=execution_id)


def test_remembers_the_newest_report_of_each_language(database: Database) -> None:
    runtimes = PostgresRuntimes(database.engine)
    runtimes.report({})
    runtimes.report({"python": "3.13.5", "c++": "14.2.0"})
    runtimes.report({"python": "3.13.6"})
    assert runtimes.versions() == {"python": "3.13.6", "c++": "14.2.0"}
    runtimes.report_sandbox({"seccomp": True, "landlock": True})
    runtimes.report_sandbox({"seccomp": True, "landlock": False})
    assert runtimes.sandbox() == {"seccomp": True, "landlock": False}


def end_connections(url: str) -> None:
    """As a restart of the server does."""
    admin = engine_of(url)
    with admin.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    admin.dispose()


def test_a_broken_connection_is_replaced_before_use(database_url: str) -> None:
    engine = make_engine(database_url, timeout_seconds=5, application_name="tests", check_unused_after_seconds=0)
    database = Database(engine)
    execution_id = database.queue()
    end_connections(database_url)
    assert database.executions.get(execution_id).status is Status.QUEUED
    engine.dispose()


def test_a_connection_that_breaks_just_after_its_use_costs_one_answer(database: Database, database_url: str) -> None:
    execution_id = database.queue()
    end_connections(database_url)
    with pytest.raises(DatabaseUnavailable):
        database.executions.get(execution_id)
    assert database.executions.get(execution_id).status is Status.QUEUED


def test_a_value_that_cannot_be_sent_spoils_no_later_answer(database: Database) -> None:
    """The driver fails with half a statement sent: whoever used that connection next would read the other half."""
    execution_id = database.queue()
    claimed = database.claim(execution_id)
    with pytest.raises(UnicodeEncodeError):
        database.executions.finish(claimed, Outcome(status=Status.COMPLETED, stdout="\ud800"))
    assert database.executions.get(execution_id).status is Status.RUNNING
    assert database.executions.finish(claimed, COMPLETED)
    assert database.executions.get(execution_id).outcome == COMPLETED


def test_no_server_is_database_unavailable() -> None:
    engine = engine_of("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseUnavailable):
        PostgresExecutions(engine).get(uuid4())


def test_errors_show_neither_source_nor_output(database: Database) -> None:
    claimed = database.claim(database.queue())
    with pytest.raises(DBAPIError) as raised:
        database.executions.finish(claimed, Outcome(status=Status.COMPLETED, stdout="secret\0"))
    assert "secret" not in str(raised.value)
