"""Waits for a database that is just being made: for its server, and for a login that it does not take yet."""

from collections.abc import Callable

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from livecode.db.engine import connected, refuses_login
from livecode.errors import DatabaseUnavailable

WAIT_SECONDS = 5
# Five minutes. IAM is eventually consistent, and a proxy asks for the owner's password by a role as new as itself:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html. A login that is wrong stays refused.
LOGIN_TRIES = 60


def wait_until_connected(
    engine: Engine, *, has_time: Callable[[], bool], report: Callable[[str], object], sleep: Callable[[float], object]
) -> None:
    """Returns once the database answers.

    Raises what the last try raised when there is no time left for another, and at once what waiting will not mend.
    """
    refusals = 0
    while True:
        try:
            with connected(engine) as connection:
                connection.execute(text("SELECT 1"))
            return
        except (DatabaseUnavailable, DBAPIError) as error:
            refused = _is_refused(error)
            refusals += refused
            if not (refused or isinstance(error, DatabaseUnavailable)) or refusals >= LOGIN_TRIES or not has_time():
                raise
            report("waiting for the login" if refused else "waiting for the database")
        sleep(WAIT_SECONDS)


def _is_refused(error: BaseException) -> bool:
    """Whether the login was refused, by the driver's own word or by an error that it was the cause of."""
    cause = error if isinstance(error, DBAPIError) else error.__cause__
    return isinstance(cause, DBAPIError) and refuses_login(cause)
