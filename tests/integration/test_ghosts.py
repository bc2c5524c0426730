"""A run that was refused never runs, one that was accepted is never lost: the way of POST …/run, cut at each step."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools import Logger
from sqlalchemy import Engine, text

from livecode.db.engine import make_engine
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.domain import RunLimits, SessionLimits, Status
from livecode.errors import DatabaseUnavailable, QueueUnavailable
from livecode_api.service import ExecutionService
from livecode_api.sweeper.sweep import Sweeper, Swept
from tests.e2e.client import poll
from tests.fakes import NOON, RecordingQueue
from tests.integration.conftest import engine_of
from tests.integration.outages import Wire

LOGGER = Logger(service="test", level="CRITICAL")


@dataclass
class CuttingQueue(RecordingQueue):
    """A queue during whose send something happens to the database."""

    happens: Any = None

    def send(self, execution_id: UUID) -> None:
        try:
            super().send(execution_id)
        finally:
            if self.happens is not None:
                self.happens()


@dataclass
class Service:
    """The API over a database at the end of a wire, and a sweeper that is never cut off."""

    wire: Wire
    api: Engine
    engine: Engine
    queue: CuttingQueue = field(default_factory=CuttingQueue)
    session_id: UUID = field(default_factory=uuid4)

    def __post_init__(self) -> None:
        PostgresSessions(self.engine, rate_limit_burst=10).create(self.session_id, language="python", source_code="")

    def run(self) -> UUID:
        return self._service().run(self.session_id).execution_id

    def _service(self) -> ExecutionService:
        return ExecutionService(
            sessions=PostgresSessions(self.api, rate_limit_burst=10),
            slots=PostgresSlots(self.api, SessionLimits()),
            executions=PostgresExecutions(self.api),
            backlog=PostgresUpkeep(self.api),
            runtimes=PostgresRuntimes(self.api),
            queue=self.queue,
            dead_letters=RecordingQueue(),
            new_id=uuid4,
            now=lambda: NOON,
            source_limit_bytes=1,
            run_limits=RunLimits(),
            logger=LOGGER,
        )

    def sweep_later(self) -> Swept:
        """Sweeps as if two minutes had passed."""
        self.sql("UPDATE executions SET queued_at = queued_at - interval '2 min', sent_at = sent_at - interval '2 min'")
        return Sweeper(
            upkeep=PostgresUpkeep(self.engine),
            queue=self.queue,
            dead_letters=RecordingQueue(),
            max_attempts=4,
            resend_after_seconds=60,
            logger=LOGGER,
        ).sweep()

    def claims(self, execution_id: UUID) -> bool:
        claimed = PostgresExecutions(self.engine).claim(execution_id, lease_seconds=75, max_attempts=4)
        return claimed is not None

    def rows(self) -> list[UUID]:
        return [row[0] for row in self.sql("SELECT id FROM executions")]

    def counted(self) -> int:
        ((count,),) = self.sql("SELECT execution_count FROM code_sessions")
        return int(count)

    def sql(self, statement: str) -> list[Any]:
        with self.engine.connect() as connection:
            result = connection.execute(text(statement))
            return list(result.all()) if result.returns_rows else []

    def marked(self, execution_id: UUID) -> bool:
        ((sent,),) = self.sql(f"SELECT sent_at < 'infinity' FROM executions WHERE id = '{execution_id}'")
        return bool(sent)


@pytest.fixture
def service(database_url: str, engine: Engine) -> Iterator[Service]:
    with Wire(database_url) as wire:
        api = make_engine(wire.url, timeout_seconds=1, application_name="tests")
        yield Service(wire, api, engine)
        api.dispose()


def _ended_for_good(service: Service, execution_id: UUID) -> None:
    execution = PostgresExecutions(service.engine).get(execution_id)
    assert (execution.status, execution.attempt) == (Status.FAILED, 0)
    assert not service.claims(execution_id)
    assert service.counted() == 0


def test_a_run_whose_commit_s_answer_was_lost_never_runs(service: Service) -> None:
    PostgresExecutions(service.api).list_of_session(service.session_id, limit=1)  # it is connected
    service.wire.swallow_results()
    with pytest.raises(DatabaseUnavailable):
        service.run()
    service.wire.mend()
    (ghost,) = service.rows()
    assert service.queue.sent == []
    second = service.run()  # the client tries again, and now has one run, not two
    swept = service.sweep_later()
    assert (swept.unsent, swept.resent) == (1, 0)
    assert service.queue.sent == [second]
    assert PostgresExecutions(service.engine).get(ghost).status is Status.FAILED
    assert not service.claims(ghost)
    assert service.claims(second)
    assert service.counted() == 1


def test_a_commit_that_comes_long_after_its_client_was_told_never_runs(service: Service, database_url: str) -> None:
    """Postgres goes on with a statement whose client has given up: here one that waits for the session's row."""
    other = engine_of(database_url)
    with other.execution_options(isolation_level="READ COMMITTED").connect() as blocker:
        blocker.execute(text("SELECT 1 FROM code_sessions FOR UPDATE"))
        with pytest.raises(DatabaseUnavailable):
            service.run()
        assert service.rows() == []
        blocker.rollback()
    other.dispose()
    poll(lambda: bool(service.rows()), what="the statement has committed after all")
    (ghost,) = service.rows()
    assert service.sweep_later().unsent == 1
    _ended_for_good(service, ghost)


@pytest.mark.parametrize("makes_up", [pytest.param(True, id="later"), pytest.param(False, id="by the sweeper")])
@pytest.mark.parametrize("fault", ["cut", "swallow_results"])
def test_a_send_that_failed_and_a_withdrawal_that_failed_too(service: Service, fault: str, makes_up: bool) -> None:
    service.queue.down, service.queue.happens = True, getattr(service.wire, fault)
    with pytest.raises(QueueUnavailable):
        service.run()
    service.wire.mend()
    service.queue.down, service.queue.happens = False, None
    # Cut, the row is still there; with the answer swallowed it was withdrawn all the same.
    for ghost in service.rows():
        if makes_up:
            PostgresUpkeep(service.api).active_executions()  # whatever the API asks next
            assert not service.claims(ghost)
            assert service.rows() == []
            break
        assert service.sweep_later().unsent == 1
        _ended_for_good(service, ghost)
    assert (service.queue.sent, service.counted()) == ([], 0)
    assert bool(service.rows()) is (fault == "cut" and not makes_up)


@pytest.mark.parametrize("fault", ["cut", "swallow_results"])
def test_a_run_whose_mark_was_lost_runs_by_its_message(service: Service, fault: str) -> None:
    service.queue.happens = getattr(service.wire, fault)
    execution_id = service.run()
    service.wire.mend()
    swept = service.sweep_later()
    assert (swept.unsent, swept.resent) == (0, 0)  # its message accounts for it
    assert service.claims(execution_id)
    assert service.marked(execution_id)


def test_a_mark_that_was_lost_is_made_up_for(service: Service) -> None:
    """So that a message which SQS loses afterwards is sent again, not its run ended."""
    service.queue.happens = service.wire.cut
    execution_id = service.run()
    assert not service.marked(execution_id)
    service.wire.mend()
    service.queue.happens = None
    PostgresExecutions(service.api).get(execution_id)  # the client polls
    assert service.marked(execution_id)
    service.queue.sent.clear()
    swept = service.sweep_later()
    assert (swept.unsent, swept.resent) == (0, 1)
    assert service.claims(execution_id)


def test_an_accepted_run_whose_message_is_lost_is_sent_again(service: Service) -> None:
    execution_id = service.run()
    service.queue.sent.clear()
    PostgresExecutions(service.api).get(execution_id)  # after its answer, so that the mark is stored
    swept = service.sweep_later()
    assert (swept.unsent, swept.resent) == (0, 1)
    assert service.queue.sent == [execution_id]
    assert service.claims(execution_id)


def test_nobody_waits_for_the_mark(service: Service) -> None:
    """The answer that never comes costs the client nothing: a run's way has no round trip after its send."""
    service.queue.happens = service.wire.swallow_results
    execution_id = service.run()  # would raise, or wait for the timeout, if it read anything
    service.wire.mend()
    assert service.queue.sent == [execution_id]


def test_a_mark_that_the_server_refuses_harms_nothing(service: Service) -> None:
    service.queue.happens = lambda: service.sql("ALTER TABLE executions RENAME sent_at TO was_sent_at")
    execution_id = service.run()
    service.sql("ALTER TABLE executions RENAME was_sent_at TO sent_at")
    service.queue.happens = None
    assert PostgresExecutions(service.api).get(execution_id).id == execution_id
    assert service.run() != execution_id
