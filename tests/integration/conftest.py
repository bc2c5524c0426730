"""A real Postgres for the whole session, and a freshly migrated database for each test that asks for one."""

import asyncio
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text

from livecode.db import migrate
from livecode.db.engine import make_engine
from livecode_embedded.postgres import Postgres
from tests.toolchain import link_toolchain

PROJECT = Path(__file__).parents[2]
TEMPLATE = "livecode_template"


def engine_of(url: str) -> Engine:
    return make_engine(url, timeout_seconds=5, application_name="tests")


def named(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """Of a server: LIVECODE_TEST_DATABASE_URL's, or one that is started here and stopped at the end."""
    given = os.environ.get("LIVECODE_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # Not below pytest's own folder: Postgres runs as another user when we are root, and must get there.
    state = Path(tempfile.mkdtemp(prefix="livecode-tests-"))
    state.chmod(0o755)
    link_toolchain(state)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    postgres = Postgres(state, log=print)
    try:
        asyncio.run_coroutine_threadsafe(postgres.start(), loop).result(timeout=60)
        yield postgres.url
    finally:
        asyncio.run_coroutine_threadsafe(postgres.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
        shutil.rmtree(state)


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> str:
    """A migrated database that nobody writes to: copying it is quicker than migrating again."""
    run_statements(postgres_url, f'DROP DATABASE IF EXISTS "{TEMPLATE}"', f'CREATE DATABASE "{TEMPLATE}"')
    engine = engine_of(named(postgres_url, TEMPLATE))
    migrate.upgrade(engine)
    engine.dispose()
    return TEMPLATE


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    run_statements(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
    yield named(postgres_url, name)
    run_statements(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


def run_statements(url: str, *statements: str) -> None:
    engine = engine_of(url)
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
