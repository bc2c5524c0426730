"""The connection to Postgres, made to suit Lambda: one a process, checked before use, recycled."""

import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pg8000
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from livecode.config import DatabaseSettings
from livecode.errors import DatabaseUnavailable

# Postgres's error classes for a server that is gone, stopping, starting or full, rather than asked wrongly:
# https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNAVAILABLE_SQLSTATE_CLASSES = ("08", "53", "57", "58")

# The pool reports each connection that it could not close properly; one that the server has ended never can be.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def database_url(secret: str) -> str:
    """The URL of a Secrets Manager secret in RDS's form: JSON with host, port, username, password, dbname."""
    fields = json.loads(secret)
    return URL.create(
        "postgresql",
        username=fields["username"],
        password=fields["password"],
        host=fields["host"],
        port=int(fields.get("port", 5432)),
        database=fields.get("dbname", "postgres"),
        query={"sslmode": "verify-full"},
    ).render_as_string(hide_password=False)


def make_engine(
    url: str, *, timeout_seconds: float, application_name: str, check_unused_after_seconds: float = 1.0
) -> Engine:
    """An engine for `postgresql://user:password@host:port/name[?sslmode=disable|require|verify-full]`.

    Nothing is connected yet. Every statement commits by itself; `timeout_seconds` bounds each wait for the server. A
    connection that was used a moment ago is not checked before use: that is a round trip, and without it a server that
    restarts costs one failed statement at most.
    """
    parsed = make_url(url)
    connect_args: dict[str, Any] = {"timeout": timeout_seconds, "application_name": application_name}
    match parsed.query.get("sslmode", "disable"):
        case "disable":
            pass
        case "require":
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            connect_args["ssl_context"] = context
        case _:
            connect_args["ssl_context"] = ssl.create_default_context()
    engine = create_engine(
        parsed.set(drivername="postgresql+pg8000", query={}),
        isolation_level="AUTOCOMMIT",
        connect_args=connect_args,
        hide_parameters=True,  # errors are logged, and parameters hold sources and outputs
        pool_size=1,
        max_overflow=0,
        pool_timeout=timeout_seconds,
        pool_recycle=600,
        # No statement of ours leaves a transaction open, so there is nothing to roll back: one round trip less.
        pool_reset_on_return=None,
    )

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _: object) -> None:
        now = time.monotonic()
        used_at, record.info["used_at"] = record.info.get("used_at"), now
        if used_at is not None and now - used_at >= check_unused_after_seconds:
            _check(connection)

    return engine


def _check(connection: Any) -> None:
    """Makes the pool connect anew when the server has ended the connection.

    SQLAlchemy's own pre-ping takes only the driver's errors for that; pg8000 lets a socket's OSError through.
    """
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
    except (pg8000.Error, OSError) as error:
        raise DisconnectionError from error


def configured_engine(
    settings: DatabaseSettings, *, get_secret: Callable[[str], object], application_name: str
) -> Engine:
    """The engine that a function's settings ask for; `get_secret` is asked only where they give no URL."""
    url = settings.database_url or database_url(str(get_secret(settings.required_secret_arn)))
    return make_engine(url, timeout_seconds=settings.database_timeout_seconds, application_name=application_name)


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """A connection for one statement. Raises DatabaseUnavailable when Postgres cannot be reached or breaks off."""
    try:
        with engine.connect() as connection:
            try:
                yield connection
            except (OSError, DBAPIError) as error:
                if isinstance(error, OSError) or _is_unavailable(error):
                    connection.invalidate()  # the next statement connects anew
                raise
    except (PoolTimeout, OSError) as error:
        raise DatabaseUnavailable from error
    except DBAPIError as error:
        if _is_unavailable(error):
            raise DatabaseUnavailable from error
        raise


def _is_unavailable(error: DBAPIError) -> bool:
    if isinstance(error, InterfaceError) or error.connection_invalidated:
        return True
    details = error.orig.args[0] if error.orig is not None and error.orig.args else None
    sqlstate = details.get("C", "") if isinstance(details, dict) else ""
    return sqlstate.startswith(_UNAVAILABLE_SQLSTATE_CLASSES)
