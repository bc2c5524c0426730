"""Taking a run's slot, and giving it back when its message could not be sent."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine, Uuid, bindparam, text

from livecode.db.engine import connected
from livecode.domain import SessionLimits
from livecode.errors import ExecutionLimitReached, RateLimited, SessionNotFound

_TOKENS = """LEAST(CAST(:burst AS double precision),
    s.run_tokens + GREATEST(0, extract(epoch FROM now() - s.run_tokens_at)) / CAST(:refill AS double precision))"""
_GRANTED = f"(s.execution_count < :cap AND {_TOKENS} >= 1)"

# One statement takes the token, counts the run, copies the snapshot and makes the row. The UPDATE locks the session's
# row, and READ COMMITTED evaluates it again on the newest version after a wait: right under any concurrency.
_TAKE_SLOT = text(f"""
WITH session AS (
    UPDATE code_sessions AS s SET
        run_tokens = {_TOKENS} - CASE WHEN {_GRANTED} THEN 1 ELSE 0 END,
        run_tokens_at = GREATEST(s.run_tokens_at, now()),
        execution_count = s.execution_count + CASE WHEN {_GRANTED} THEN 1 ELSE 0 END,
        last_execution_id = CASE WHEN {_GRANTED} THEN :execution_id ELSE s.last_execution_id END
    WHERE s.id = :session_id
    RETURNING s.id, s.language, s.source_code, s.run_tokens, s.execution_count,
              s.last_execution_id IS NOT DISTINCT FROM :execution_id AS granted
), queued AS (
    INSERT INTO executions (id, session_id, language, source_code, status)
    SELECT :execution_id, id, language, source_code, 'QUEUED' FROM session WHERE granted
    RETURNING id
), event AS (
    INSERT INTO execution_events (execution_id, event, attempt) SELECT id, 'queued', 0 FROM queued
)
SELECT granted, language, run_tokens, execution_count FROM session
""").bindparams(bindparam("execution_id", type_=Uuid), bindparam("session_id", type_=Uuid))

_WITHDRAW = text("""
WITH withdrawn AS (
    DELETE FROM executions WHERE id = :execution_id AND status = 'QUEUED' AND attempt = 0 RETURNING session_id
)
UPDATE code_sessions AS s SET
    execution_count = s.execution_count - 1,
    run_tokens = LEAST(CAST(:burst AS double precision), s.run_tokens + 1)
FROM withdrawn WHERE s.id = withdrawn.session_id
RETURNING s.id
""").bindparams(bindparam("execution_id", type_=Uuid))


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A run that may be queued: its language, how many more may follow at once, and when the bucket is full again."""

    language: str
    runs_left: int
    full_in_seconds: float


class PostgresSlots:
    def __init__(self, engine: Engine, limits: SessionLimits) -> None:
        self._engine = engine
        self._limits = limits

    def take(self, session_id: UUID, execution_id: UUID) -> Slot:
        """Makes the QUEUED row of `execution_id` from the session as it is now.

        Raises SessionNotFound, ExecutionLimitReached, RateLimited. Refused runs count for nothing.
        """
        limits = self._limits
        values = {
            "session_id": session_id,
            "execution_id": execution_id,
            "burst": limits.rate_limit_burst,
            "refill": limits.rate_limit_refill_seconds,
            "cap": limits.execution_limit,
        }
        with connected(self._engine) as connection:
            row = connection.execute(_TAKE_SLOT, values).one_or_none()
        if row is None:
            raise SessionNotFound
        if row.granted:
            return Slot(
                language=row.language,
                runs_left=min(int(row.run_tokens), limits.execution_limit - row.execution_count),
                full_in_seconds=(limits.rate_limit_burst - row.run_tokens) * limits.rate_limit_refill_seconds,
            )
        if row.execution_count >= limits.execution_limit:
            raise ExecutionLimitReached
        raise RateLimited((1 - row.run_tokens) * limits.rate_limit_refill_seconds)

    def withdraw(self, execution_id: UUID) -> bool:
        """Removes a row that no runner has seen, and gives its slot back; False if one has: then the run goes on."""
        values = {"execution_id": execution_id, "burst": self._limits.rate_limit_burst}
        with connected(self._engine) as connection:
            return connection.execute(_WITHDRAW, values).one_or_none() is not None
