"""What the API does, told in the service's own words: no HTTP, no SQL, no AWS."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from livecode.domain import CodeSession, Execution, ExecutionSummary, QueueCounts, RunLimits, SessionStatus, Slot
from livecode.errors import DatabaseUnavailable, QueueUnavailable, SourceTooLarge, UnknownLanguage
from livecode.languages import LANGUAGES, Language, find_language
from livecode.logs import StructuredLogger
from livecode_api.timed_call import TimedCall

T = TypeVar("T")
# A health check answers within 2 s in all; the rest is for the way to us and back.
HEALTH_SECONDS = 1.5


class Sessions(Protocol):
    def create(self, session_id: UUID, *, language: str, source_code: str) -> None: ...
    def get(self, session_id: UUID) -> CodeSession: ...
    def change(self, session_id: UUID, *, language: str | None, source_code: str | None) -> SessionStatus: ...
    def delete(self, session_id: UUID) -> None: ...


class Slots(Protocol):
    def take(self, session_id: UUID, execution_id: UUID) -> Slot: ...
    def mark_sent(self, execution_id: UUID) -> None: ...
    def withdraw(self, execution_id: UUID) -> bool: ...
    def withdraw_later(self, execution_id: UUID) -> None: ...


class Executions(Protocol):
    def get(self, execution_id: UUID) -> Execution: ...
    def list_of_session(self, session_id: UUID, *, limit: int) -> list[ExecutionSummary]: ...


class Backlog(Protocol):
    def active_executions(self) -> int: ...
    def oldest_queued_seconds(self) -> float | None: ...


class Runtimes(Protocol):
    def versions(self) -> dict[str, str]: ...
    def sandbox(self) -> dict[str, bool]: ...


class Queue(Protocol):
    def send(self, execution_id: UUID) -> None: ...
    def counts(self) -> QueueCounts: ...


@dataclass(frozen=True, kw_only=True)
class QueuedRun:
    execution_id: UUID
    slot: Slot


@dataclass(frozen=True, kw_only=True)
class QueueHealth:
    counts: QueueCounts
    oldest_message_age_seconds: float | None
    dead_letters: int


@dataclass(frozen=True, kw_only=True)
class WorkerHealth:
    """The number of live leases, each of them one runner at work, and the layers that the newest runner reported."""

    active_executions: int
    sandbox_layers: dict[str, bool]


@dataclass(frozen=True, kw_only=True)
class ExecutionService:
    """The doors that `routes.py` opens. Every method may raise DatabaseUnavailable."""

    sessions: Sessions
    slots: Slots
    executions: Executions
    backlog: Backlog
    runtimes: Runtimes
    queue: Queue
    dead_letters: Queue
    new_id: Callable[[], UUID]
    now: Callable[[], datetime]
    source_limit_bytes: int
    run_limits: RunLimits
    logger: StructuredLogger
    health_seconds: float = HEALTH_SECONDS

    def create_session(self, language: str, source_code: str) -> UUID:
        """Raises UnknownLanguage, SourceTooLarge."""
        session_id = self.new_id()
        self._check_size(source_code)
        self.sessions.create(session_id, language=_language(language).name, source_code=source_code)
        return session_id

    def change_session(self, session_id: UUID, *, language: str | None, source_code: str | None) -> SessionStatus:
        """Raises SessionNotFound, UnknownLanguage, SourceTooLarge."""
        if source_code is not None:
            self._check_size(source_code)
        name = _language(language).name if language is not None else None
        return self.sessions.change(session_id, language=name, source_code=source_code)

    def get_session(self, session_id: UUID) -> CodeSession:
        return self.sessions.get(session_id)

    def delete_session(self, session_id: UUID) -> None:
        self.sessions.delete(session_id)

    def run(self, session_id: UUID) -> QueuedRun:
        """Queues a run of the session as it is now.

        Raises SessionNotFound, RateLimited, ExecutionLimitReached, DatabaseUnavailable and QueueUnavailable: then there
        is no run. If a row has been left all the same, it is not marked as sent, and the sweeper ends it.
        """
        execution_id = self.new_id()
        slot = self.slots.take(session_id, execution_id)
        fields: dict[str, Any] = {"execution_id": str(execution_id), "session_id": str(session_id), "attempt": 0}
        try:
            self.queue.send(execution_id)
        except QueueUnavailable:
            self.logger.exception("send failed", **fields)
            # A send that seems to fail may have arrived: a run that a runner has begun goes on, and is answered for.
            if self._withdraw(execution_id):
                raise
        else:
            self.slots.mark_sent(execution_id)
        self.logger.info("queued", **fields, language=slot.language)
        return QueuedRun(execution_id=execution_id, slot=slot)

    def get_execution(self, execution_id: UUID) -> Execution:
        return self.executions.get(execution_id)

    def list_executions(self, session_id: UUID, *, limit: int) -> list[ExecutionSummary]:
        return self.executions.list_of_session(session_id, limit=limit)

    def language_versions(self) -> list[tuple[Language, str | None]]:
        versions = self.runtimes.versions()
        return [(language, versions.get(language.name)) for language in LANGUAGES.values()]

    def check_database(self) -> None:
        _database_answer(self._call(self.backlog.active_executions))

    def queue_health(self) -> QueueHealth:
        """Asks the queues for their numbers, within the time of a health check. Raises QueueUnavailable."""
        counts, dead_letters = self._call(self.queue.counts), self._call(self.dead_letters.counts)
        age = self._call(self.backlog.oldest_queued_seconds)
        try:
            visible, dead = counts.result(), dead_letters.result()
        except TimeoutError as error:
            raise QueueUnavailable from error
        try:
            age_seconds = _database_answer(age) or 0.0
        except DatabaseUnavailable:
            age_seconds = None  # SQS itself does not tell; /health/database says what is wrong
        return QueueHealth(counts=visible, oldest_message_age_seconds=age_seconds, dead_letters=dead.all)

    def worker_health(self) -> WorkerHealth:
        def ask() -> WorkerHealth:
            active = self.backlog.active_executions()
            return WorkerHealth(active_executions=active, sandbox_layers=self.runtimes.sandbox())

        return _database_answer(self._call(ask))

    def _call(self, function: Callable[[], T]) -> TimedCall[T]:
        return TimedCall(function, within_seconds=self.health_seconds)

    def _withdraw(self, execution_id: UUID) -> bool:
        """Withdraws a run whose message may not have been sent.

        Returns whether the client must be told that there is none.
        """
        try:
            return self.slots.withdraw(execution_id)
        except DatabaseUnavailable:
            self.logger.exception("withdraw failed", execution_id=str(execution_id))
            self.slots.withdraw_later(execution_id)
            return True  # should this process end before, the sweeper finds the row, and ends it

    def _check_size(self, source_code: str) -> None:
        if len(source_code.encode()) > self.source_limit_bytes:
            raise SourceTooLarge


def _database_answer(asked: TimedCall[T]) -> T:
    try:
        return asked.result()
    except TimeoutError as error:
        raise DatabaseUnavailable from error


def _language(name: str) -> Language:
    language = find_language(name)
    if language is None:
        raise UnknownLanguage
    return language
