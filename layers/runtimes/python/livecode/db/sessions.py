"""Code sessions in Postgres."""

from typing import Any
from uuid import UUID

from sqlalchemy import Engine, Row, bindparam, delete, func, insert, select, update

from livecode.db.engine import connected
from livecode.db.tables import code_sessions
from livecode.domain import CodeSession, SessionStatus
from livecode.errors import SessionNotFound

_GET = select(
    code_sessions.c.id,
    code_sessions.c.language,
    code_sessions.c.source_code,
    code_sessions.c.status,
    code_sessions.c.created_at,
    code_sessions.c.updated_at,
).where(code_sessions.c.id == bindparam("id"))
_INSERT = insert(code_sessions)


class PostgresSessions:
    def __init__(self, engine: Engine, *, rate_limit_burst: int) -> None:
        self._engine = engine
        self._rate_limit_burst = rate_limit_burst

    def create(self, session_id: UUID, *, language: str, source_code: str) -> None:
        values = {
            "id": session_id,
            "language": language,
            "source_code": source_code,
            "run_tokens": self._rate_limit_burst,
        }
        with connected(self._engine) as connection:
            connection.execute(_INSERT, values)

    def get(self, session_id: UUID) -> CodeSession:
        """Raises SessionNotFound."""
        with connected(self._engine) as connection:
            row = connection.execute(_GET, {"id": session_id}).one_or_none()
        if row is None:
            raise SessionNotFound
        return _session(row)

    def change(self, session_id: UUID, *, language: str | None, source_code: str | None) -> SessionStatus:
        """Sets what is given and leaves the rest. Raises SessionNotFound."""
        changes: dict[str, Any] = {}
        if language is not None:
            changes["language"] = language
        if source_code is not None:
            changes["source_code"] = source_code
        if not changes:
            return self.get(session_id).status
        statement = (
            update(code_sessions)
            .where(code_sessions.c.id == session_id)
            .values(**changes, updated_at=func.now())
            .returning(code_sessions.c.status)
        )
        with connected(self._engine) as connection:
            status = connection.execute(statement).scalar_one_or_none()
        if status is None:
            raise SessionNotFound
        return SessionStatus(status)

    def delete(self, session_id: UUID) -> None:
        """Deletes the session and its executions, also those queued or running. Raises SessionNotFound."""
        statement = delete(code_sessions).where(code_sessions.c.id == session_id).returning(code_sessions.c.id)
        with connected(self._engine) as connection:
            deleted = connection.execute(statement).scalar_one_or_none()
        if deleted is None:
            raise SessionNotFound


def _session(row: Row[*tuple[Any, ...]]) -> CodeSession:
    return CodeSession(
        id=row.id,
        language=row.language,
        source_code=row.source_code,
        status=SessionStatus(row.status),
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
