"""Executions as clients read them, and as a runner claims and finishes them."""

from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Engine, Row, Uuid, bindparam, select, text

from livecode.db.engine import connected
from livecode.db.tables import code_sessions, executions
from livecode.domain import (
    ClaimedExecution,
    Event,
    Execution,
    ExecutionSummary,
    Outcome,
    Reason,
    Status,
)
from livecode.errors import ExecutionHeld, ExecutionNotFound, SessionNotFound

_OUTCOME_FIELDS = tuple(Outcome.__dataclass_fields__)
_RESULT_FIELDS = tuple(name for name in _OUTCOME_FIELDS if name != "status")
# Statements are made once: making one costs as much as running it.
_e = executions.alias("e")
_GET = select(
    _e.c.id,
    _e.c.session_id,
    _e.c.language,
    _e.c.status,
    _e.c.attempt,
    _e.c.queued_at,
    _e.c.started_at,
    _e.c.finished_at,
    *(_e.c[name] for name in _RESULT_FIELDS),
).where(_e.c.id == bindparam("id"))

_newest = (
    select(_e.c.id.label("execution_id"), _e.c.status, _e.c.queued_at, _e.c.finished_at, _e.c.execution_time_ms)
    .where(_e.c.session_id == code_sessions.c.id)
    .order_by(_e.c.queued_at.desc(), _e.c.id.desc())
    .limit(bindparam("most"))
    .lateral("newest")
)
# The outer join tells a session without executions (one row of nulls) from one that is not there (no row).
_LIST = (
    select(_newest)
    .select_from(code_sessions.outerjoin(_newest, text("true")))
    .where(code_sessions.c.id == bindparam("session_id"))
    .order_by(_newest.c.queued_at.desc(), _newest.c.execution_id.desc())
)

# Each statement writes the audit trail with the change it tells of.
_CLAIM = text(f"""
WITH claimed AS (
    UPDATE executions SET
        status = 'RUNNING', attempt = attempt + 1, started_at = now(),
        lease_until = now() + CAST(:lease_seconds AS double precision) * interval '1 second',
        sent_at = CASE WHEN sent_at = 'infinity' THEN queued_at ELSE sent_at END
    WHERE id = :id AND attempt < :max_attempts
      AND (status = 'QUEUED' OR (status = 'RUNNING' AND lease_until < now()))
    RETURNING id, session_id, language, source_code, attempt, queued_at, started_at, lease_until
), event AS (
    INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.CLAIMED}', attempt FROM claimed
)
SELECT * FROM claimed
""").bindparams(bindparam("id", type_=Uuid))

_WHY_NOT_CLAIMED = text("""
SELECT status, extract(epoch FROM lease_until - now()) AS lease_remaining_seconds FROM executions WHERE id = :id
""").bindparams(bindparam("id", type_=Uuid))

_FINISH = text(f"""
WITH finished AS (
    UPDATE executions SET status = :status, finished_at = now(), lease_until = NULL,
        {", ".join(f"{name} = :{name}" for name in _RESULT_FIELDS)}
    WHERE id = :id AND attempt = :attempt AND status = 'RUNNING'
    RETURNING id, attempt
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.FINISHED}', attempt FROM finished
RETURNING execution_id
""").bindparams(
    bindparam("id", type_=Uuid),
    *(bindparam(name, type_=executions.c[name].type) for name in ("status", *_RESULT_FIELDS)),
)

_GIVE_BACK = text(f"""
WITH given_back AS (
    UPDATE executions SET status = 'QUEUED', lease_until = NULL, started_at = NULL, sent_at = now(),
        attempt = attempt - CASE WHEN :counted THEN 0 ELSE 1 END
    WHERE id = :id AND attempt = :attempt AND status = 'RUNNING'
    RETURNING id
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.RETRIED}', :attempt FROM given_back
RETURNING execution_id
""").bindparams(bindparam("id", type_=Uuid), bindparam("counted", type_=Boolean))

_ABANDON = text(f"""
WITH abandoned AS (
    UPDATE executions SET status = 'FAILED', reason = 'INTERNAL_ERROR', finished_at = now(), lease_until = NULL
    WHERE id = :id AND (status = 'QUEUED' OR (status = 'RUNNING' AND lease_until < now()))
    RETURNING id, attempt
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.ABANDONED}', attempt FROM abandoned
RETURNING execution_id
""").bindparams(bindparam("id", type_=Uuid))

_REVIVE = text(f"""
WITH revived AS (
    UPDATE executions SET status = 'QUEUED', lease_until = NULL, started_at = NULL, sent_at = now()
    WHERE id = :id AND attempt < :max_attempts
      AND queued_at > now() - CAST(:give_up_after AS double precision) * interval '1 second'
      AND (status = 'QUEUED' OR (status = 'RUNNING' AND lease_until < now()))
    RETURNING id, attempt
)
INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.RESENT}', attempt FROM revived
RETURNING execution_id
""").bindparams(bindparam("id", type_=Uuid))


class PostgresExecutions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, execution_id: UUID) -> Execution:
        """Reads one execution. Raises ExecutionNotFound."""
        with connected(self._engine) as connection:
            row = connection.execute(_GET, {"id": execution_id}).one_or_none()
        if row is None:
            raise ExecutionNotFound
        return _execution(row)

    def list_of_session(self, session_id: UUID, *, limit: int) -> list[ExecutionSummary]:
        """Lists a session's executions, newest first. Raises SessionNotFound."""
        with connected(self._engine) as connection:
            rows = connection.execute(_LIST, {"session_id": session_id, "most": limit}).all()
        if not rows:
            raise SessionNotFound
        return [
            ExecutionSummary(**{**row._mapping, "status": Status(row.status)})
            for row in rows
            if row.execution_id is not None
        ]

    def claim(self, execution_id: UUID, *, lease_seconds: float, max_attempts: int) -> ClaimedExecution | None:
        """Takes the execution for one more attempt; None when there is nothing left to run.

        Raises ExecutionHeld while another runner's lease lives. One whose attempts are used is ended here.
        """
        values = {"id": execution_id, "lease_seconds": lease_seconds, "max_attempts": max_attempts}
        with connected(self._engine) as connection:
            row = connection.execute(_CLAIM, values).one_or_none()
            if row is not None:
                return ClaimedExecution(**row._mapping)
            why = connection.execute(_WHY_NOT_CLAIMED, {"id": execution_id}).one_or_none()
        if why is None or Status(why.status).terminal:
            return None
        if why.lease_remaining_seconds is not None and why.lease_remaining_seconds > 0:
            raise ExecutionHeld(float(why.lease_remaining_seconds))
        self.abandon(execution_id)
        return None

    def finish(self, claimed: ClaimedExecution, outcome: Outcome) -> bool:
        """Stores the outcome of this attempt; False when the execution is gone or is no longer this attempt's."""
        values = {name: getattr(outcome, name) for name in _OUTCOME_FIELDS}
        return self._changed(_FINISH, {"id": claimed.id, "attempt": claimed.attempt, **values})

    def give_back(self, claimed: ClaimedExecution, *, counted: bool = True) -> bool:
        """Ends this attempt without a result, so that the next delivery may claim at once.

        One that is not `counted` is as if it had never been: only for a program that certainly did not begin.
        """
        return self._changed(_GIVE_BACK, {"id": claimed.id, "attempt": claimed.attempt, "counted": counted})

    def abandon(self, execution_id: UUID) -> bool:
        """Ends as INTERNAL_ERROR what no live lease holds and is not terminal; False if there is no such thing."""
        return self._changed(_ABANDON, {"id": execution_id})

    def revive(self, execution_id: UUID, *, max_attempts: int, give_up_after_seconds: float) -> bool:
        """Makes QUEUED, as sent now, what no live lease holds and has attempts left; the caller sends its message.

        False for anything else, and for what has waited for longer than `give_up_after_seconds`.
        """
        values = {"id": execution_id, "max_attempts": max_attempts, "give_up_after": give_up_after_seconds}
        return self._changed(_REVIVE, values)

    def lease_remaining_seconds(self, execution_id: UUID) -> float | None:
        """Returns for how long a runner still holds the execution; None when nobody does."""
        with connected(self._engine) as connection:
            row = connection.execute(_WHY_NOT_CLAIMED, {"id": execution_id}).one_or_none()
        if row is None or row.lease_remaining_seconds is None or row.lease_remaining_seconds <= 0:
            return None
        return float(row.lease_remaining_seconds)

    def _changed(self, statement: Any, values: dict[str, Any]) -> bool:
        with connected(self._engine) as connection:
            return connection.execute(statement, values).one_or_none() is not None


def _execution(row: Row[*tuple[Any, ...]]) -> Execution:
    status = Status(row.status)
    outcome = None
    if status.terminal:
        results = {name: getattr(row, name) for name in _RESULT_FIELDS}
        reason = Reason(row.reason) if row.reason is not None else None
        outcome = Outcome(status=status, **{**results, "reason": reason})
    return Execution(
        id=row.id,
        session_id=row.session_id,
        language=row.language,
        status=status,
        attempt=row.attempt,
        queued_at=row.queued_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        outcome=outcome,
    )
