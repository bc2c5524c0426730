"""Times are told in UTC and days are no months, whatever zone and date style the server, database or login has."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text

from livecode.db.executions import PostgresExecutions
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.domain import SessionLimits
from livecode_api import schemas
from tests.integration.conftest import engine_of

ZONES = ("Asia/Ho_Chi_Minh", "America/St_Johns", "Pacific/Kiritimati")
NIGHT = "2026-02-03T23:30:00.000000Z"  # another day in each of them but one, and its month is a day too


@pytest.fixture(params=["DATABASE", "ROLE"])
def owner(request: pytest.FixtureRequest, engine: Engine, database_url: str) -> Iterator[str]:
    """What has settings of its own: the database, or the login."""
    url = make_url(database_url)
    kind = str(request.param)
    name = url.database if kind == "DATABASE" else url.username
    yield f'{kind} "{name}"'
    with engine.connect() as connection:
        for setting in ("timezone", "datestyle"):
            connection.execute(text(f'ALTER {kind} "{name}" RESET {setting}'))


@pytest.mark.parametrize("style", ["ISO, MDY", "SQL, DMY", "German", "Postgres, DMY"])
@pytest.mark.parametrize("zone", ZONES)
def test_times_are_utc_whatever_the_session_would_have(
    engine: Engine, database_url: str, owner: str, zone: str, style: str
) -> None:
    session_id, execution_id = uuid4(), uuid4()
    PostgresSessions(engine, rate_limit_burst=10).create(session_id, language="python", source_code="")
    PostgresSlots(engine, SessionLimits()).take(session_id, execution_id)
    with engine.connect() as connection:
        connection.execute(text(f"UPDATE code_sessions SET created_at = '{NIGHT}'"))
        connection.execute(text(f"UPDATE executions SET queued_at = '{NIGHT}'"))
        connection.execute(text(f"ALTER {owner} SET timezone = '{zone}'"))
        connection.execute(text(f"ALTER {owner} SET datestyle = '{style}'"))
    fresh = engine_of(database_url)
    try:
        session = schemas.SessionDetailResponse.from_session(
            PostgresSessions(fresh, rate_limit_burst=10).get(session_id)
        )
        execution = schemas.ExecutionResponse.from_execution(PostgresExecutions(fresh).get(execution_id))
    finally:
        fresh.dispose()
    assert session.model_dump()["created_at"] == NIGHT
    assert execution.model_dump()["queued_at"] == NIGHT
