"""Fakes that work: an in-memory store with the rules of the real one, and queues that record or fail."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from livecode import messages
from livecode.domain import (
    ClaimedExecution,
    CodeSession,
    Execution,
    ExecutionSummary,
    Outcome,
    QueueCounts,
    Reason,
    SessionStatus,
    Slot,
    Status,
)
from livecode.errors import (
    DatabaseUnavailable,
    ExecutionHeld,
    ExecutionLimitReached,
    ExecutionNotFound,
    QueueUnavailable,
    RateLimited,
    SessionNotFound,
)

NOON = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)


@dataclass
class Row:
    """An execution as `InMemoryStore` has it."""

    id: UUID
    session_id: UUID
    language: str
    source_code: str
    status: Status = Status.QUEUED
    attempt: int = 0
    sent: bool = False
    started: bool = False
    lease_seconds: float = 0
    age_seconds: float = 0
    outcome: Outcome | None = None


@dataclass
class InMemoryStore:
    """Sessions, slots and executions, by the rules that tests/integration/test_fakes.py compares with the real ones.

    Each session has `tokens` for its runs, which never come back by themselves. `down` makes every call fail as a lost
    database does.
    """

    execution_limit: int = 100
    tokens: int = 10
    down: bool = False
    sessions: dict[UUID, CodeSession] = field(default_factory=dict)
    rows: dict[UUID, Row] = field(default_factory=dict)
    runs: Counter[UUID] = field(default_factory=Counter)

    def create(self, session_id: UUID, *, language: str, source_code: str) -> None:
        self._reach()
        self.sessions[session_id] = CodeSession(
            id=session_id,
            language=language,
            source_code=source_code,
            status=SessionStatus.ACTIVE,
            created_at=NOON,
            updated_at=NOON,
        )

    def session(self, session_id: UUID) -> CodeSession:
        self._reach()
        if session_id not in self.sessions:
            raise SessionNotFound
        return self.sessions[session_id]

    def take(self, session_id: UUID, execution_id: UUID) -> Slot:
        session = self.session(session_id)
        if self.runs[session_id] >= self.execution_limit:
            raise ExecutionLimitReached
        if self.runs[session_id] >= self.tokens:
            raise RateLimited(5.2)
        self.runs[session_id] += 1
        self.rows[execution_id] = Row(execution_id, session_id, session.language, session.source_code)
        runs_left = min(self.tokens, self.execution_limit) - self.runs[session_id]
        return Slot(language=session.language, runs_left=runs_left, full_in_seconds=6.0)

    def mark_sent(self, execution_id: UUID) -> None:
        if execution_id in self.rows:
            self.rows[execution_id].sent = True

    def withdraw_later(self, execution_id: UUID) -> None:
        self.withdraw(execution_id)

    def withdraw(self, execution_id: UUID) -> bool:
        self._reach()
        row = self.rows.get(execution_id)
        if row is None or row.attempt or row.status is not Status.QUEUED:
            return False
        del self.rows[execution_id]
        self.runs[row.session_id] -= 1
        return True

    def delete(self, session_id: UUID) -> None:
        self.session(session_id)
        del self.sessions[session_id], self.runs[session_id]
        self.rows = {row.id: row for row in self.rows.values() if row.session_id != session_id}

    def execution(self, execution_id: UUID) -> Execution:
        self._reach()
        if execution_id not in self.rows:
            raise ExecutionNotFound
        row = self.rows[execution_id]
        started = NOON + timedelta(seconds=1) if row.started else None
        return Execution(
            id=row.id,
            session_id=row.session_id,
            language=row.language,
            status=row.status,
            attempt=row.attempt,
            queued_at=NOON,
            started_at=started,
            finished_at=NOON + timedelta(seconds=2) if row.outcome else None,
            outcome=row.outcome,
        )

    def list_of_session(self, session_id: UUID, *, limit: int) -> list[ExecutionSummary]:
        self.session(session_id)
        rows = [row for row in reversed(self.rows.values()) if row.session_id == session_id]
        return [
            ExecutionSummary(
                execution_id=row.id,
                status=row.status,
                queued_at=NOON,
                finished_at=NOON + timedelta(seconds=2) if row.outcome else None,
                execution_time_ms=row.outcome.execution_time_ms if row.outcome else None,
            )
            for row in rows[:limit]
        ]

    def claim(self, execution_id: UUID, *, lease_seconds: float, max_attempts: int) -> ClaimedExecution | None:
        self._reach()
        row = self.rows.get(execution_id)
        if row is None or row.status.terminal:
            return None
        if row.lease_seconds > 0:
            raise ExecutionHeld(row.lease_seconds)
        if row.attempt >= max_attempts:
            self.abandon(execution_id)
            return None
        row.status, row.attempt, row.lease_seconds = Status.RUNNING, row.attempt + 1, lease_seconds
        row.started = True
        return ClaimedExecution(
            id=row.id,
            session_id=row.session_id,
            language=row.language,
            source_code=row.source_code,
            attempt=row.attempt,
            queued_at=NOON,
            started_at=NOON + timedelta(seconds=1),
            lease_until=NOON + timedelta(seconds=lease_seconds),
        )

    def finish(self, claimed: ClaimedExecution, outcome: Outcome) -> bool:
        self._reach()
        row = self.rows.get(claimed.id)
        if row is None or row.status is not Status.RUNNING or row.attempt != claimed.attempt:
            return False
        row.status, row.outcome, row.lease_seconds = outcome.status, outcome, 0
        return True

    def give_back(self, claimed: ClaimedExecution, *, counted: bool = True) -> bool:
        self._reach()
        row = self.rows.get(claimed.id)
        if row is None or row.status is not Status.RUNNING or row.attempt != claimed.attempt:
            return False
        row.status, row.lease_seconds, row.started = Status.QUEUED, 0, False
        row.attempt -= 0 if counted else 1
        return True

    def abandon(self, execution_id: UUID) -> bool:
        self._reach()
        row = self.rows.get(execution_id)
        if row is None or row.status.terminal or row.lease_seconds > 0:
            return False
        row.status = Status.FAILED
        row.outcome = Outcome(status=Status.FAILED, reason=Reason.INTERNAL_ERROR)
        return True

    def revive(self, execution_id: UUID, *, max_attempts: int, give_up_after_seconds: float) -> bool:
        self._reach()
        row = self.rows.get(execution_id)
        if row is None or row.status.terminal or row.lease_seconds > 0 or row.attempt >= max_attempts:
            return False
        if row.age_seconds >= give_up_after_seconds:
            return False
        row.status, row.started = Status.QUEUED, False
        return True

    def lease_remaining_seconds(self, execution_id: UUID) -> float | None:
        row = self.rows.get(execution_id)
        return row.lease_seconds or None if row else None

    def active_executions(self) -> int:
        self._reach()
        return sum(row.lease_seconds > 0 for row in self.rows.values())

    def oldest_queued_seconds(self) -> float | None:
        self._reach()
        return 1.5 if any(row.status is Status.QUEUED for row in self.rows.values()) else None

    def sandbox(self) -> dict[str, bool]:
        self._reach()
        return {"seccomp": True, "landlock": False}

    def versions(self) -> dict[str, str]:
        self._reach()
        return {"python": "3.13.5"}

    def _reach(self) -> None:
        if self.down:
            raise DatabaseUnavailable


@dataclass
class InMemorySessions:
    """The sessions of a store, under the names that the service calls."""

    store: InMemoryStore

    def create(self, session_id: UUID, *, language: str, source_code: str) -> None:
        self.store.create(session_id, language=language, source_code=source_code)

    def get(self, session_id: UUID) -> CodeSession:
        return self.store.session(session_id)

    def change(self, session_id: UUID, *, language: str | None, source_code: str | None) -> SessionStatus:
        old = self.store.session(session_id)
        self.create(
            session_id,
            language=old.language if language is None else language,
            source_code=old.source_code if source_code is None else source_code,
        )
        return old.status

    def delete(self, session_id: UUID) -> None:
        self.store.delete(session_id)


@dataclass
class InMemoryExecutions:
    """The executions of a store, as clients read them."""

    store: InMemoryStore

    def get(self, execution_id: UUID) -> Execution:
        return self.store.execution(execution_id)

    def list_of_session(self, session_id: UUID, *, limit: int) -> list[ExecutionSummary]:
        return self.store.list_of_session(session_id, limit=limit)


@dataclass
class RecordingLogger:
    """Remembers the lines that were logged, each with its level, its message and its fields."""

    lines: list[dict[str, Any]] = field(default_factory=list)

    def info(self, msg: str, **fields: Any) -> None:
        self.lines.append({"level": "INFO", "message": msg, **fields})

    def warning(self, msg: str, **fields: Any) -> None:
        self.lines.append({"level": "WARNING", "message": msg, **fields})

    def error(self, msg: str, **fields: Any) -> None:
        self.lines.append({"level": "ERROR", "message": msg, **fields})

    def exception(self, msg: str, **fields: Any) -> None:
        self.lines.append({"level": "ERROR", "message": msg, **fields})


@dataclass
class RecordingQueue:
    """Remembers what was sent. `down` makes every call fail; `begin` stands for a runner that is quicker than we."""

    sent: list[UUID] = field(default_factory=list)
    bodies: list[str] = field(default_factory=list)
    down: bool = False
    extra_messages: int = 0
    begin: InMemoryStore | None = None

    def send(self, execution_id: UUID) -> None:
        if self.begin is not None:
            self.begin.claim(execution_id, lease_seconds=75, max_attempts=4)
        self.forward(messages.encode(execution_id))

    def forward(self, body: str) -> None:
        if self.down:
            raise QueueUnavailable
        self.bodies.append(body)
        self.sent.append(UUID(json.loads(body)["execution_id"]))

    def counts(self) -> QueueCounts:
        if self.down:
            raise QueueUnavailable
        return QueueCounts(visible=len(self.sent) + self.extra_messages, in_flight=0, delayed=0)
