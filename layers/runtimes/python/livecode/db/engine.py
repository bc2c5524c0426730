"""The connection to Postgres, made to suit Lambda: one a process, checked before use, recycled."""

import json
import logging
import ssl
import struct
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import pg8000
from pg8000.core import Context
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from livecode.config import DatabaseSettings
from livecode.errors import DatabaseUnavailable

# Postgres's error classes for a server that is gone, stopping, starting or full, rather than asked wrongly; for a login
# that it refuses (28: a password that is being changed, a proxy that has none yet); and for a writer that has become a
# reader, as a failover leaves it (25006); and for a statement that was undone in favour of another (40). https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNAVAILABLE_SQLSTATES = ("08", "25006", "28", "40", "53", "57", "58")

# What our code leans on, whatever the server, the database or the login has for itself: settings of the start-up packet
# come before theirs and cost no round trip, and these two are sent by pgjdbc as well, so that every proxy knows them.
# pg8000 reads times in ISO form only: under DateStyle "SQL, DMY" it takes the day for the month.
_SESSION_SETTINGS = {"TimeZone": "UTC", "DateStyle": "ISO"}

# What pg8000 raises when the answer to its first words is not what it expects, such as an error before TLS is settled.
_NOT_UNDERSTOOD = (LookupError, UnicodeError, struct.error)

_logger = logging.getLogger(__name__)

# Statements of `execute_without_waiting` that were lost with their connection, and wait for the next one.
_UNCONFIRMED: WeakKeyDictionary[Engine, deque[str]] = WeakKeyDictionary()
_MOST_UNCONFIRMED = 100

# The pool reports each connection that it could not close properly; one that the server has ended never can be.
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)


def secret_login(secret: str) -> dict[str, Any]:
    """Reads the login in a Secrets Manager secret of RDS's form: JSON with host, port, username, password, dbname."""
    fields = json.loads(secret)
    return {
        "host": fields["host"],
        "port": int(fields.get("port", 5432)),
        "user": fields["username"],
        "password": fields["password"],
        "database": fields.get("dbname", "postgres"),
    }


def make_engine(
    url: str,
    *,
    timeout_seconds: float,
    application_name: str,
    check_unused_after_seconds: float = 1.0,
    login: Callable[[], Mapping[str, Any]] | None = None,
) -> Engine:
    """Makes an engine for `postgresql://user:password@host:port/name[?sslmode=disable|prefer|require|verify-full]`.

    Without `sslmode` it prefers TLS, as libpq does: it is used, unverified, where the server offers it.

    `login` is asked before each new connection for what the URL leaves open: a token that soon ends, a password that
    changes. Nothing is asked or connected yet, so a snapshot of this process holds neither. What it raises is told as
    DatabaseUnavailable.

    Every statement commits by itself; `timeout_seconds` bounds each wait for the server. A connection that was used a
    moment ago is not checked before use: that is a round trip, and without it a server that restarts costs one failed
    statement at most.
    """
    parsed = make_url(url)
    connect_args: dict[str, Any] = {
        "timeout": timeout_seconds,
        "application_name": application_name,
        "startup_params": _SESSION_SETTINGS,
    }
    match parsed.query.get("sslmode", "prefer"):
        case "disable":
            connect_args["ssl_context"] = False
        case "prefer":
            connect_args["ssl_context"] = None
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

    unconfirmed = _UNCONFIRMED[engine] = deque[str](maxlen=_MOST_UNCONFIRMED)

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, _: object, positional: list[Any], arguments: dict[str, Any]) -> Any:
        if login is not None:
            try:
                arguments.update(login())
            except Exception as error:  # whoever is asked for the login, without it nobody gets in
                raise DatabaseUnavailable from error
        try:
            return dialect.connect(*positional, **arguments)
        except _NOT_UNDERSTOOD as error:
            raise DatabaseUnavailable from error

    @event.listens_for(engine, "checkout")
    def check(connection: Any, record: Any, _: object) -> None:
        _read_pending_answer(connection, record.info, unconfirmed)
        now = time.monotonic()
        used_at, record.info["used_at"] = record.info.get("used_at"), now
        if used_at is not None and now - used_at >= check_unused_after_seconds:
            _check(connection)
        try:
            while unconfirmed:
                _exchange(unconfirmed[0], lambda: connection.execute_simple(unconfirmed[0]))
                unconfirmed.popleft()
        except DisconnectionError as error:
            if used_at is not None:
                raise
            # A connection that was made just now: SQLAlchemy would try once more, and then call it a mistake of ours.
            raise DatabaseUnavailable from error

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


def execute_without_waiting(engine: Engine, statement: str) -> None:
    """Sends the server a statement without parameters and does not wait for its answer: no round trip.

    The answer is read before the connection's next use. If the connection is lost until then, the statement is executed
    once more, so it must be one that may be; it is lost only with this process. What the server refuses is logged.
    """
    try:
        with connected(engine) as connection:
            fairy = connection.connection
            fairy.info["pending"] = Context(statement)
            driver: Any = fairy.driver_connection
            driver.send_QUERY(statement)
            driver._sock.flush()  # pg8000 has no way of its own to send and not wait
    except (DatabaseUnavailable, pg8000.Error, ValueError):  # ValueError: pg8000's file has been closed
        _logger.warning("to be executed again: %s", statement, exc_info=True)
        _UNCONFIRMED[engine].append(statement)


def _read_pending_answer(connection: Any, info: dict[str, Any], unconfirmed: deque[str]) -> None:
    """Reads the answer that nobody has waited for, so that the next statement does not take it for its own."""
    pending: Context | None = info.pop("pending", None)
    if pending is None:
        return
    try:
        _exchange(str(pending.statement), lambda: connection.handle_messages(pending))
    except DisconnectionError:
        unconfirmed.append(str(pending.statement))
        raise


def _exchange(statement: str, exchange: Callable[[], object]) -> None:
    """Raises DisconnectionError; an error of the server's, which leaves the connection as it was, is only logged."""
    try:
        exchange()
    except pg8000.DatabaseError as error:
        if error.args and isinstance(error.args[0], dict) and error.args[0].get("S") != "FATAL":
            _logger.warning("refused: %s", statement, exc_info=True)
            return
        raise DisconnectionError from error
    except (pg8000.Error, OSError) as error:
        raise DisconnectionError from error


def configured_engine(
    settings: DatabaseSettings,
    *,
    get_secret: Callable[[str], object],
    get_token: Callable[[str, int, str], str],
    application_name: str,
) -> Engine:
    """Makes the engine that a function's settings ask for, with verified TLS unless they give a URL.

    `get_secret(arn)` and `get_token(host, port, user)` are asked only for new connections that need them.
    """
    url, login = _address(settings, get_secret, get_token)
    return make_engine(
        url, timeout_seconds=settings.database_timeout_seconds, application_name=application_name, login=login
    )


def _address(
    settings: DatabaseSettings, get_secret: Callable[[str], object], get_token: Callable[[str, int, str], str]
) -> tuple[str, Callable[[], Mapping[str, Any]] | None]:
    if settings.database_url:
        return settings.database_url, None
    if settings.database_host and settings.database_user:
        host, port, user = settings.database_host, settings.database_port, settings.database_user
        url = URL.create("postgresql", user, None, host, port, settings.database_name, {"sslmode": "verify-full"})
        return url.render_as_string(), lambda: {"password": get_token(host, port, user)}
    arn = settings.required_secret_arn
    return "postgresql:///?sslmode=verify-full", lambda: secret_login(str(get_secret(arn)))


@contextmanager
def connected(engine: Engine) -> Iterator[Connection]:
    """Opens a connection for one statement.

    Raises DatabaseUnavailable when Postgres cannot be reached or breaks off.
    """
    try:
        with engine.connect() as connection:
            try:
                yield connection
            except Exception as error:
                # Only an error of the server's comes after a whole statement. What fails in the driver may leave half
                # of one, and the next statement would read its answer.
                if not isinstance(error, DBAPIError) or _is_unavailable(error):
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
    if _field(error, "V") in ("FATAL", "PANIC") and _sqlstate(error).startswith("XX"):
        return True  # the server cannot serve this connection, as on a full disk: "could not write init file"
    return _sqlstate(error).startswith(_UNAVAILABLE_SQLSTATES)


def refuses_login(error: DBAPIError) -> bool:
    """Whether Postgres does not know the user, does not take its password, or does not let it in from here (28…)."""
    return _sqlstate(error).startswith("28")


def _sqlstate(error: DBAPIError) -> str:
    return _field(error, "C")


def _field(error: DBAPIError, name: str) -> str:
    """Returns one of the fields of Postgres's error, by its letter; "" if there is none.

    https://www.postgresql.org/docs/current/protocol-error-fields.html
    """
    details = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return str(details.get(name, "")) if isinstance(details, dict) else ""
