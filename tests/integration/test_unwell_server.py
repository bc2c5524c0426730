"""A Postgres that lets nobody in because it is unwell is away, not asked wrongly."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from livecode.db.engine import connected, execute_without_waiting, make_engine
from livecode.errors import DatabaseUnavailable
from tests.integration.outages import Wire

_SSL_REQUEST = bytes.fromhex("00000008 04d2162f")  # a client asks for TLS before its start-up packet, if at all
# In plain text and before anything is read: report_fork_failure_to_client() in Postgres's postmaster.c.
NO_PROCESS = b"Ecould not fork new process for connection: Cannot allocate memory\n\0"


def error(severity: str, sqlstate: str) -> bytes:
    """ErrorResponse: https://www.postgresql.org/docs/current/protocol-message-formats.html."""
    fields = (("S", severity), ("V", severity), ("C", sqlstate), ("M", "no"))
    payload = "".join(f"{name}{value}\0" for name, value in fields).encode() + b"\0"
    return b"E" + (len(payload) + 4).to_bytes(4, "big") + payload


@pytest.fixture
def unwell_server(request: pytest.FixtureRequest) -> Iterator[str]:
    """Answers each request for TLS, and each start-up packet, with its two parameters, and hangs up; the URL of it."""
    no_tls, refusal = request.param
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(ConnectionError):  # a client may have heard enough
                if connection.recv(4096) == _SSL_REQUEST:
                    connection.sendall(no_tls)
                    connection.recv(4096)
                connection.sendall(refusal)

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"postgresql://user:password@127.0.0.1:{listener.getsockname()[1]}/livecode"
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.mark.parametrize(
    "unwell_server",
    [
        pytest.param((b"N", error("FATAL", "XX000")), id="a full disk"),
        pytest.param((b"N", error("FATAL", "53300")), id="too many connections"),
        pytest.param((b"N", error("PANIC", "XX001")), id="broken data"),
        pytest.param((NO_PROCESS, NO_PROCESS), id="no process left"),
        pytest.param((error("FATAL", "57P03"), error("FATAL", "57P03")), id="an error before TLS is settled"),
    ],
    indirect=True,
)
@pytest.mark.parametrize("sslmode", ["disable", "prefer"])
def test_is_away(unwell_server: str, sslmode: str) -> None:
    engine = make_engine(f"{unwell_server}?sslmode={sslmode}", timeout_seconds=5, application_name="livecode-test")
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
            execute_without_waiting(engine, "SELECT 2")
            with pytest.raises(DatabaseUnavailable), connected(engine) as connection:
                connection.execute(text("SELECT 3"))
        wire.mend()
        with connected(engine) as connection:
            assert connection.execute(text("SELECT 4")).scalar() == 4
        engine.dispose()
