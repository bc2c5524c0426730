"""Each function's database login can do all that its function does, and nothing else."""

import re
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from livecode.db import privileges
from livecode.db.engine import make_engine
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.domain import Outcome, Reason, SessionLimits, Status
from livecode.errors import ExecutionHeld

LIMITS = SessionLimits(rate_limit_burst=1_000, execution_limit=1_000)
COMPLETED = Outcome(status=Status.COMPLETED, exit_code=0, stdout="42\n")


@pytest.fixture
def log_in(database_url: str, engine: Engine) -> Iterator[Callable[[str], Engine]]:
    """An engine of a fresh login in one group, whose password is asked for at each connection."""
    engines, names = [], []

    def log_in(group: str) -> Engine:
        name, password = f"login_{uuid4().hex}", uuid4().hex
        _sql(engine, f"CREATE ROLE {name} LOGIN PASSWORD '{password}' IN ROLE {group}")
        names.append(name)
        url = make_url(database_url).set(username=name, password=None).render_as_string()
        engines.append(
            make_engine(url, timeout_seconds=5, application_name="tests", login=lambda: {"password": password})
        )
        return engines[-1]

    yield log_in
    for each in engines:
        each.dispose()
    for name in names:
        _sql(engine, f"DROP ROLE {name}")


def _sql(engine: Engine, statement: str, **values: object) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        result = connection.execute(text(statement), values)
        return [tuple(row) for row in result] if result.returns_rows else []


def _queue(engine: Engine) -> UUID:
    """A session with one queued run, made as the API makes it."""
    session_id, execution_id = uuid4(), uuid4()
    PostgresSessions(engine, rate_limit_burst=1_000).create(session_id, language="python", source_code="print(42)")
    PostgresSlots(engine, LIMITS).take(session_id, execution_id)
    return execution_id


def test_the_api_does_all_that_its_calls_ask_for(log_in: Callable[[str], Engine], engine: Engine) -> None:
    api = log_in(privileges.API)
    execution_id = _queue(api)
    execution = PostgresExecutions(api).get(execution_id)
    assert execution.status is Status.QUEUED
    assert len(PostgresExecutions(api).list_of_session(execution.session_id, limit=1)) == 1
    sessions = PostgresSessions(api, rate_limit_burst=1_000)
    sessions.change(execution.session_id, language="c++", source_code="")
    assert sessions.get(execution.session_id).language == "c++"
    PostgresSlots(api, LIMITS).mark_sent(execution_id)
    assert PostgresExecutions(api).get(execution_id).status is Status.QUEUED
    assert _sql(engine, "SELECT sent_at < 'infinity' FROM executions") == [(True,)]
    assert PostgresSlots(api, LIMITS).withdraw(execution_id)
    assert PostgresUpkeep(api).oldest_queued_seconds() is None
    assert PostgresUpkeep(api).active_executions() == 0
    assert (PostgresRuntimes(api).versions(), PostgresRuntimes(api).sandbox()) == ({}, {})
    running = _queue(api)
    sessions.delete(PostgresExecutions(api).get(running).session_id)


def test_the_runner_claims_gives_back_finishes_and_reports(log_in: Callable[[str], Engine], engine: Engine) -> None:
    runner = log_in(privileges.RUNNER)
    executions = PostgresExecutions(runner)
    execution_id = _queue(engine)
    claimed = executions.claim(execution_id, lease_seconds=75, max_attempts=4)
    assert claimed is not None
    assert claimed.source_code == "print(42)"
    with pytest.raises(ExecutionHeld):
        executions.claim(execution_id, lease_seconds=75, max_attempts=4)
    assert executions.give_back(claimed, counted=False)
    again = executions.claim(execution_id, lease_seconds=75, max_attempts=4)
    assert again is not None
    assert executions.finish(again, COMPLETED)
    assert PostgresExecutions(engine).get(execution_id).outcome == COMPLETED
    assert executions.claim(execution_id, lease_seconds=75, max_attempts=4) is None
    used_up = _queue(engine)
    assert executions.claim(used_up, lease_seconds=75, max_attempts=0) is None
    outcome = PostgresExecutions(engine).get(used_up).outcome
    assert outcome is not None
    assert outcome.reason is Reason.INTERNAL_ERROR
    for _ in range(2):
        PostgresRuntimes(runner).report({"python": "3.13"})
        PostgresRuntimes(runner).report_sandbox({"seccomp": True})


def test_the_sweeper_requeues_abandons_and_resends(log_in: Callable[[str], Engine], engine: Engine) -> None:
    sweeper = PostgresUpkeep(log_in(privileges.SWEEPER))
    lapsed, lost, dead = _queue(engine), _queue(engine), _queue(engine)
    PostgresExecutions(engine).claim(lapsed, lease_seconds=-1, max_attempts=4)
    _sql(engine, "UPDATE executions SET sent_at = now() - interval '90 seconds' WHERE id = :id", id=lost)
    assert sweeper.abandon_lapsed(max_attempts=1) == [lapsed]
    assert sweeper.requeue_lapsed(max_attempts=4) == []
    assert sweeper.backlog(resend_after_seconds=60, as_of=sweeper.now()).overdue == 1
    assert sweeper.take_overdue(resend_after_seconds=60, most=9) == [lost]
    PostgresExecutions(engine).claim(lost, lease_seconds=-1, max_attempts=4)
    assert sweeper.requeue_lapsed(max_attempts=4) == [lost]
    burial = PostgresExecutions(log_in(privileges.SWEEPER))
    assert burial.revive(dead, max_attempts=4, give_up_after_seconds=60)
    assert burial.abandon(dead)
    assert burial.lease_remaining_seconds(dead) is None
    ghost = _queue(engine)
    _sql(engine, "UPDATE executions SET queued_at = now() - interval '90 seconds' WHERE id = :id", id=ghost)
    assert sweeper.end_unsent(resend_after_seconds=60, most=9) == [ghost]
    assert _sql(engine, "SELECT sum(execution_count) FROM code_sessions") == [(3,)]


@pytest.mark.parametrize(
    ("group", "statement"),
    [
        pytest.param(privileges.RUNNER, "SELECT * FROM code_sessions", id="runner reads sessions"),
        pytest.param(privileges.RUNNER, "SELECT stdout FROM executions", id="runner reads a result"),
        pytest.param(privileges.RUNNER, "SELECT event FROM execution_events", id="runner reads the trail"),
        pytest.param(privileges.RUNNER, "DELETE FROM executions", id="runner deletes a run"),
        pytest.param(privileges.RUNNER, "DELETE FROM execution_events", id="runner deletes the trail"),
        pytest.param(privileges.RUNNER, "UPDATE executions SET source_code = ''", id="runner changes a source"),
        pytest.param(privileges.RUNNER, "UPDATE executions SET session_id = id", id="runner moves a run"),
        pytest.param(
            privileges.RUNNER,
            "INSERT INTO executions (id, session_id, language, source_code, status)"
            " SELECT gen_random_uuid(), session_id, language, source_code, 'QUEUED' FROM executions",
            id="runner queues a run",
        ),
        pytest.param(privileges.RUNNER, "TRUNCATE language_runtimes", id="runner empties a table"),
        pytest.param(privileges.RUNNER, "CREATE TABLE mine (a int)", id="runner makes a table"),
        pytest.param(privileges.RUNNER, "ALTER TABLE executions DISABLE ROW LEVEL SECURITY", id="runner frees itself"),
        pytest.param(privileges.RUNNER, "SET ROLE livecode_api", id="runner becomes the API"),
        pytest.param(privileges.API, "UPDATE executions SET stdout = ''", id="API forges a result"),
        pytest.param(
            privileges.API,
            "INSERT INTO executions (id, stdout) VALUES (gen_random_uuid(), '')",
            id="API makes a result",
        ),
        pytest.param(privileges.API, "SELECT event FROM execution_events", id="API reads the trail"),
        pytest.param(privileges.API, "UPDATE language_runtimes SET version = ''", id="API forges a version"),
        pytest.param(privileges.SWEEPER, "SELECT source_code FROM executions", id="sweeper reads a source"),
        pytest.param(privileges.SWEEPER, "SELECT stdout FROM executions", id="sweeper reads a result"),
        pytest.param(privileges.SWEEPER, "UPDATE executions SET stdout = ''", id="sweeper forges a result"),
        pytest.param(privileges.SWEEPER, "SELECT source_code FROM code_sessions", id="sweeper reads sessions"),
        pytest.param(privileges.SWEEPER, "UPDATE code_sessions SET run_tokens = 9", id="sweeper fills a bucket"),
        pytest.param(privileges.API, "UPDATE executions SET status = 'QUEUED'", id="API requeues a run"),
        pytest.param(privileges.SWEEPER, "SELECT * FROM alembic_version", id="sweeper reads the revision"),
    ],
)
def test_a_login_is_refused_what_its_function_never_does(
    log_in: Callable[[str], Engine], group: str, statement: str
) -> None:
    with pytest.raises(ProgrammingError) as refused:
        _sql(log_in(group), statement)
    assert re.search("'C': '42501'", str(refused.value))  # insufficient_privilege


@pytest.mark.parametrize("group", [privileges.RUNNER, privileges.SWEEPER])
def test_what_has_ended_never_changes(log_in: Callable[[str], Engine], engine: Engine, group: str) -> None:
    ended = _queue(engine)
    PostgresExecutions(engine).abandon(ended)
    assert _sql(log_in(group), "UPDATE executions SET reason = NULL, status = 'COMPLETED' RETURNING id") == []
    assert PostgresExecutions(engine).get(ended).status is Status.FAILED


def test_the_runner_sees_only_what_is_to_be_run(log_in: Callable[[str], Engine], engine: Engine) -> None:
    ended, live = _queue(engine), _queue(engine)
    PostgresExecutions(engine).abandon(ended)
    _sql(engine, "UPDATE executions SET finished_at = now() - interval '2 minutes' WHERE id = :id", id=ended)
    assert _sql(log_in(privileges.RUNNER), "SELECT id FROM executions") == [(live,)]


def test_the_api_sees_and_deletes_what_has_ended(log_in: Callable[[str], Engine], engine: Engine) -> None:
    api = log_in(privileges.API)
    ended = _queue(engine)
    PostgresExecutions(engine).abandon(ended)
    session_id = PostgresExecutions(api).get(ended).session_id
    PostgresSessions(api, rate_limit_burst=1).delete(session_id)
    assert _sql(engine, "SELECT 1 FROM executions UNION ALL SELECT 1 FROM execution_events") == []


def test_applying_again_takes_back_what_is_granted_no_longer(log_in: Callable[[str], Engine], engine: Engine) -> None:
    _sql(engine, "GRANT SELECT, UPDATE (source_code) ON executions TO livecode_runner")
    _sql(engine, "CREATE POLICY livecode_outdated ON executions FOR SELECT TO livecode_runner USING (true)")
    with engine.begin() as connection:
        applied = privileges.apply(connection)
    assert set(applied.groups) == set(privileges.GRANTS)
    assert applied.missing == ()
    with pytest.raises(DBAPIError):
        _sql(log_in(privileges.RUNNER), "SELECT stdout FROM executions")
    policies = _sql(engine, "SELECT polname FROM pg_policy WHERE polrelid = 'executions'::regclass")
    assert {name for (name,) in policies} == set(privileges.POLICIES)


def test_a_login_that_may_not_make_roles_migrates_and_says_what_is_missing(engine: Engine) -> None:
    owner = f"owner_{uuid4().hex}"
    with engine.execution_options(isolation_level="READ COMMITTED").connect() as connection:
        connection.execute(text(f"CREATE ROLE {owner}"))
        for group in privileges.GRANTS:
            connection.execute(text(f"ALTER ROLE {group} RENAME TO {group}_{owner}"))
        connection.execute(text(f"SET LOCAL ROLE {owner}"))
        applied = privileges.apply(connection)
        connection.rollback()
    assert applied == privileges.Applied(groups=(), missing=tuple(privileges.GRANTS))


def test_on_rds_each_group_has_a_login_for_iam(engine: Engine) -> None:
    with engine.execution_options(isolation_level="READ COMMITTED").connect() as connection:
        connection.execute(text("CREATE ROLE rds_iam"))
        privileges.apply(connection)
        privileges.apply(connection)
        logins = connection.execute(
            text(
                "SELECT rolname, pg_has_role(rolname, 'rds_iam', 'MEMBER'),"
                " pg_has_role(rolname, replace(rolname, '_iam', ''), 'USAGE')"
                " FROM pg_roles WHERE rolcanlogin AND rolname LIKE 'livecode%iam' ORDER BY 1"
            )
        ).all()
        connection.rollback()
    assert [tuple(row) for row in logins] == [(f"{group}_iam", True, True) for group in sorted(privileges.GRANTS)]
