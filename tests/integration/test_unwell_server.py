"""A Postgres that lets nobody in because it is unwell is away, not asked wrongly."""

import socket
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from livecode.db.engine import connected, make_engine, tell
from livecode.errors import DatabaseUnavailable
from tests.integration.outages import Wire


@pytest.fixture
def unwell_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Answers each start-up packet with one error, and ends the connection; the URL of it."""
    severity, sqlstate = request.param
    fields = "".join(
        f"{name}{value}\0" for name, value in (("S", severity), ("V", severity), ("C", sqlstate), ("M", "no"))
    )
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(4096)
                payload = fields.encode() + b"\0"
                connection.sendall(b"E" + (len(payload) + 4).to_bytes(4, "big") + payload)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"postgresql://user:password@127.0.0.1:{listener.getsockname()[1]}/livecode"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.mark.parametrize(
    "unwell_server",
    [
        pytest.param(("FATAL", "XX000"), id="a full disk"),
        pytest.param(("FATAL", "53300"), id="too many connections"),
        pytest.param(("PANIC", "XX001"), id="broken data"),
    ],
    indirect=True,
)
def test_is_away(unwell_server: str) -> None:
    engine = make_engine(unwell_server, timeout_seconds=5, application_name="livecode-test")
    with pytest.raises(DatabaseUnavailable), connected(engine):
        pytest.fail("it let us in")
    engine.dispose()


def test_is_away_though_it_lets_us_in(database_url: str) -> None:
    """Also while it has yet to be told what was lost with an earlier connection."""
    with Wire(database_url) as wire:
        engine = make_engine(wire.url, timeout_seconds=5, application_name="livecode-test")
        with connected(engine) as connection:
            connection.execute(text("SELECT 1"))
        wire.hang_up_on_statements()
        for _ in range(2):
            tell(engine, "SELECT 2")
            with pytest.raises(DatabaseUnavailable), connected(engine) as connection:
                connection.execute(text("SELECT 3"))
        wire.mend()
        with connected(engine) as connection:
            assert connection.execute(text("SELECT 4")).scalar() == 4
        engine.dispose()
