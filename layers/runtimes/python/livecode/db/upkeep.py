"""What the sweeper asks of Postgres: which runs were lost, and which are given up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Engine, bindparam, text

from livecode.db.engine import connected
from livecode.domain import Backlog, Event

_REQUEUE = text(f"""
WITH requeued AS (
    UPDATE executions SET status = 'QUEUED', lease_until = NULL, started_at = NULL, sent_at = now()
    WHERE id IN (
        SELECT id FROM executions
        WHERE status = 'RUNNING' AND lease_until < now() AND attempt < :max_attempts
        ORDER BY queued_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    RETURNING id, attempt
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.REQUEUED}', attempt FROM requeued
RETURNING execution_id
""")

_ABANDON = text(f"""
WITH abandoned AS (
    UPDATE executions SET status = 'FAILED', reason = 'INTERNAL_ERROR', finished_at = now(), lease_until = NULL
    WHERE id IN (
        SELECT id FROM executions
        WHERE status = 'RUNNING' AND lease_until < now() AND attempt >= :max_attempts
        ORDER BY queued_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    RETURNING id, attempt
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.ABANDONED}', attempt FROM abandoned
RETURNING execution_id
""")

# What is not marked as sent has a `sent_at` of infinity (`slots.py`); then its message, if any, is as old as itself.
_BACKLOG = text("""
SELECT count(*) AS live,
       count(*) FILTER (WHERE status = 'QUEUED' AND sent_at < long_ago) AS overdue,
       count(*) FILTER (WHERE status = 'QUEUED' AND sent_at = 'infinity' AND queued_at < long_ago) AS unsent
FROM executions, (SELECT now() - CAST(:resend_after AS double precision) * interval '1 second' AS long_ago) AS limits
WHERE status IN ('QUEUED', 'RUNNING') AND CASE WHEN sent_at = 'infinity' THEN queued_at ELSE sent_at END <= :as_of
""").bindparams(bindparam("as_of", type_=DateTime(timezone=True)))

_NOW = text("SELECT now()")

_TAKE_OVERDUE = text(f"""
WITH resent AS (
    UPDATE executions SET sent_at = now()
    WHERE id IN (
        SELECT id FROM executions
        WHERE status = 'QUEUED' AND sent_at < now() - CAST(:resend_after AS double precision) * interval '1 second'
        ORDER BY sent_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    RETURNING id, attempt
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.RESENT}', attempt FROM resent
RETURNING execution_id
""")

# A run that was refused with 503 counts for nothing.
_END_UNSENT = text(f"""
WITH ended AS (
    UPDATE executions SET status = 'FAILED', reason = 'INTERNAL_ERROR', finished_at = now()
    WHERE id IN (
        SELECT id FROM executions
        WHERE status = 'QUEUED' AND sent_at = 'infinity'
          AND queued_at < now() - CAST(:resend_after AS double precision) * interval '1 second'
        ORDER BY queued_at LIMIT :most FOR UPDATE SKIP LOCKED
    )
    RETURNING id, session_id, attempt
), returned AS (
    UPDATE code_sessions AS s SET execution_count = s.execution_count - e.runs
    FROM (SELECT session_id, count(*) AS runs FROM ended GROUP BY session_id) AS e WHERE s.id = e.session_id
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.ABANDONED}', attempt FROM ended
RETURNING execution_id
""")

_ACTIVE = text("SELECT count(*) FROM executions WHERE status = 'RUNNING' AND lease_until > now()")

_OLDEST = text("""
SELECT extract(epoch FROM now() - min(sent_at)) FROM executions WHERE status = 'QUEUED' AND sent_at < 'infinity'
""")


class PostgresUpkeep:
    """The sweeper's statements. `most` bounds the rows of each, so that a sweep ends within its function's timeout."""

    def __init__(self, engine: Engine, *, most: int = 1000) -> None:
        self._engine = engine
        self._most = most

    def requeue_lapsed(self, *, max_attempts: int) -> list[UUID]:
        """Makes QUEUED again what a runner took and never finished; the caller sends their messages."""
        return self._ids(_REQUEUE, max_attempts=max_attempts, most=self._most)

    def abandon_lapsed(self, *, max_attempts: int) -> list[UUID]:
        """Ends as INTERNAL_ERROR what a runner never finished and has no attempt left."""
        return self._ids(_ABANDON, max_attempts=max_attempts, most=self._most)

    def now(self) -> datetime:
        """Reads the database's clock, from which all times in rows come."""
        with connected(self._engine) as connection:
            now: datetime = connection.execute(_NOW).scalar_one()
        return now

    def backlog(self, *, resend_after_seconds: float, as_of: datetime) -> Backlog:
        """Counts the rows that are live now and whose message had been sent by `as_of`."""
        values = {"resend_after": resend_after_seconds, "as_of": as_of}
        with connected(self._engine) as connection:
            row = connection.execute(_BACKLOG, values).one()
        return Backlog(live=row.live, overdue=row.overdue, unsent=row.unsent)

    def take_overdue(self, *, resend_after_seconds: float, most: int) -> list[UUID]:
        """Marks the longest overdue QUEUED rows as sent now, at most `most`; the caller sends their messages."""
        return self._ids(_TAKE_OVERDUE, resend_after=resend_after_seconds, most=min(most, self._most))

    def end_unsent(self, *, resend_after_seconds: float, most: int) -> list[UUID]:
        """Ends as INTERNAL_ERROR the oldest `unsent` rows, at most `most`, and gives their slots back."""
        return self._ids(_END_UNSENT, resend_after=resend_after_seconds, most=min(most, self._most))

    def active_executions(self) -> int:
        """Counts the live leases: each is one runner at work."""
        with connected(self._engine) as connection:
            return int(connection.execute(_ACTIVE).scalar_one())

    def oldest_queued_seconds(self) -> float | None:
        """Returns for how long the longest waiting message has been in the queue; None when none waits."""
        with connected(self._engine) as connection:
            age = connection.execute(_OLDEST).scalar_one()
        return None if age is None else float(age)

    def _ids(self, statement: object, **values: object) -> list[UUID]:
        with connected(self._engine) as connection:
            return list(connection.execute(statement, values).scalars())  # type: ignore[call-overload]
