"""Taking a run's slot, saying that its message was sent, and giving the slot back when it could not be.

Whoever asks for a run and hears 503 asks again, so what was refused must not run after all. The row cannot know: its
commit's answer may be lost, and so may the withdrawal after a send that failed. So a row begins as not sent
(`sent_at` is infinity), and what is still so after a while, with no message in the queue to account for it, is ended
by the sweeper; what is marked as sent and has no message is sent again. A row that a runner claims has had a message:
the claim marks it too. The mark is a statement whose answer nobody waits for (`execute_without_waiting`): a run's way
to 202 has no round trip more. Only if this process ends before a lost mark is made up for, and the message is lost
too, does the sweeper take an accepted run for one that was refused; then it ends as INTERNAL_ERROR, and its client is
told. Infinity, and not null: the column stays as older code expects it.
"""

from uuid import UUID

from sqlalchemy import Engine, Uuid, bindparam, text

from livecode.db.engine import connected, execute_without_waiting
from livecode.domain import Event, SessionLimits, Slot
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
    INSERT INTO executions (id, session_id, language, source_code, status, sent_at)
    SELECT :execution_id, id, language, source_code, 'QUEUED', 'infinity' FROM session WHERE granted
    RETURNING id
), event AS (
    INSERT INTO execution_events (execution_id, event, attempt) SELECT id, '{Event.QUEUED}', 0 FROM queued
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


# Without parameters, as `execute_without_waiting` wants it: a UUID's text has digits and hyphens alone.
_SENT = "UPDATE executions SET sent_at = now() WHERE id = '{}' AND status = 'QUEUED' AND sent_at = 'infinity'"


class PostgresSlots:
    def __init__(self, engine: Engine, limits: SessionLimits) -> None:
        self._engine = engine
        self._limits = limits

    def take(self, session_id: UUID, execution_id: UUID) -> Slot:
        """Makes the QUEUED row of `execution_id`, not sent yet, from the session as it is now.

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

    def mark_sent(self, execution_id: UUID) -> None:
        """Says that the message has been sent. Nobody waits for this to be stored, and it never raises."""
        execute_without_waiting(self._engine, _SENT.format(execution_id))

    def withdraw(self, execution_id: UUID) -> bool:
        """Removes a row that no runner has seen, and gives its slot back; False if one has: then the run goes on."""
        values = {"execution_id": execution_id, "burst": self._limits.rate_limit_burst}
        with connected(self._engine) as connection:
            return connection.execute(_WITHDRAW, values).one_or_none() is not None

    def withdraw_later(self, execution_id: UUID) -> None:
        """Has the row withdrawn, if no runner has seen it by then, as soon as the database can be reached again."""
        values = {"execution_id": execution_id, "burst": self._limits.rate_limit_burst}
        statement = _WITHDRAW.bindparams(**values).compile(self._engine, compile_kwargs={"literal_binds": True})
        execute_without_waiting(self._engine, str(statement))
