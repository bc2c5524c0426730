"""MigrateFunction waits for a database, and for a login, that are just being made."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url, text
from sqlalchemy.exc import DBAPIError

from livecode.db.engine import make_engine
from livecode.errors import DatabaseUnavailable
from livecode_api.migrate.waiting import LOGIN_TRIES, WAIT_SECONDS, wait_until_connected
from tests.integration.outages import Wire

REFUSED = (DBAPIError, DatabaseUnavailable)


class Login:
    """A login that the server gets to know when it is told to, and the waits that were made for it."""

    def __init__(self, owner: Engine) -> None:
        self.name, self.password = f"login_{uuid4().hex}", uuid4().hex
        self.told: list[str] = []
        self.slept: list[float] = []
        self._owner = owner

    def sql(self, statement: str) -> None:
        with self._owner.connect() as connection:
            connection.execute(text(statement))

    def wait(self, engine: Engine, *, tries: int | None = None) -> None:
        wait_until_connected(
            engine,
            has_time=lambda: tries is None or len(self.slept) < tries,
            report=self.told.append,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if len(self.slept) == 2:
            self.sql(f"CREATE ROLE {self.name} LOGIN PASSWORD 'another'")
        if len(self.slept) == 3:
            self.sql(f"ALTER ROLE {self.name} PASSWORD '{self.password}'")


@pytest.fixture
def login(engine: Engine) -> Iterator[Login]:
    login = Login(engine)
    yield login
    login.sql(f"DROP ROLE IF EXISTS {login.name}")


@pytest.fixture
def waiting(database_url: str, login: Login) -> Iterator[Engine]:
    url = make_url(database_url).set(username=login.name, password=login.password)
    engine = make_engine(
        url.render_as_string(hide_password=False), timeout_seconds=5, application_name="livecode-migrate"
    )
    yield engine
    engine.dispose()


def test_waits_for_a_login_that_the_server_does_not_know_yet(login: Login, waiting: Engine) -> None:
    login.wait(waiting)
    assert login.told == ["waiting for the login"] * 3  # no such role twice, then another password
    assert login.slept == [WAIT_SECONDS] * 3


def test_a_login_that_stays_refused_fails_while_there_is_time_to_say_so(login: Login, waiting: Engine) -> None:
    with pytest.raises(REFUSED):
        login.wait(waiting, tries=1)
    assert login.slept == [WAIT_SECONDS]


def test_a_wrong_login_is_not_waited_for_for_ever(database_url: str, login: Login, waiting: Engine) -> None:
    slept: list[float] = []
    with pytest.raises(REFUSED):
        wait_until_connected(waiting, has_time=lambda: True, report=str, sleep=slept.append)
    assert len(slept) == LOGIN_TRIES - 1


def test_waits_for_a_server_that_is_not_there_yet(database_url: str) -> None:
    with Wire(database_url) as wire:
        wire.cut()
        engine = make_engine(wire.url, timeout_seconds=5, application_name="livecode-migrate")
        told: list[str] = []
        wait_until_connected(engine, has_time=lambda: True, report=told.append, sleep=lambda _: wire.mend())
        assert told == ["waiting for the database"]
        wire.cut()
        with pytest.raises(DatabaseUnavailable):
            wait_until_connected(engine, has_time=lambda: False, report=told.append, sleep=lambda _: None)
        engine.dispose()


def test_a_database_that_does_not_exist_is_not_waited_for(database_url: str) -> None:
    url = make_url(database_url).set(database="none").render_as_string(hide_password=False)
    engine = make_engine(url, timeout_seconds=5, application_name="livecode-migrate")
    with pytest.raises(DBAPIError):
        wait_until_connected(engine, has_time=lambda: True, report=str, sleep=lambda _: pytest.fail("waited"))
    engine.dispose()
