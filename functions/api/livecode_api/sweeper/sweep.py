"""One sweep: ends what is given up, requeues what a runner left, and re-sends the messages that were lost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from aws_lambda_powertools import Logger

from livecode.db.upkeep import Backlog
from livecode.errors import QueueUnavailable
from livecode_api.queue import QueueCounts


class Upkeep(Protocol):
    def requeue_lapsed(self, *, max_attempts: int) -> list[UUID]: ...
    def abandon_lapsed(self, *, max_attempts: int) -> list[UUID]: ...
    def now(self) -> datetime: ...
    def backlog(self, *, resend_after_seconds: float, as_of: datetime) -> Backlog: ...
    def take_overdue(self, *, resend_after_seconds: float, most: int) -> list[UUID]: ...


class Queue(Protocol):
    def send(self, execution_id: UUID) -> None: ...
    def counts(self) -> QueueCounts: ...


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many executions each step touched."""

    abandoned: int
    requeued: int
    resent: int


@dataclass(frozen=True, kw_only=True)
class Sweeper:
    upkeep: Upkeep
    queue: Queue
    max_attempts: int
    resend_after_seconds: int
    logger: Logger

    def sweep(self) -> Swept:
        """Raises DatabaseUnavailable, QueueUnavailable; what is not done now, the next sweep does."""
        abandoned = self.upkeep.abandon_lapsed(max_attempts=self.max_attempts)
        for execution_id in abandoned:
            self.logger.error("swept", execution_id=str(execution_id), outcome="abandoned")
        requeued = self.upkeep.requeue_lapsed(max_attempts=self.max_attempts)
        self._send(requeued, "requeued")
        resent = self._take_lost()
        self._send(resent, "resent")
        return Swept(abandoned=len(abandoned), requeued=len(requeued), resent=len(resent))

    def _take_lost(self) -> list[UUID]:
        """The overdue rows that the queue's own counts cannot account for: a long backlog is no loss."""
        as_of = self.upkeep.now()
        if not self._backlog(as_of).overdue:
            return []
        # The messages first, and then the rows of before: a run that ends or begins in between makes us send too few,
        # which the next sweep mends, and never too many.
        messages = self.queue.counts().all
        backlog = self._backlog(as_of)
        # Each live row has one message, waiting or in flight.
        missing = backlog.live - messages
        if missing <= 0:
            return []
        return self.upkeep.take_overdue(
            resend_after_seconds=self.resend_after_seconds, most=min(missing, backlog.overdue)
        )

    def _backlog(self, as_of: datetime) -> Backlog:
        return self.upkeep.backlog(resend_after_seconds=self.resend_after_seconds, as_of=as_of)

    def _send(self, execution_ids: list[UUID], outcome: str) -> None:
        for execution_id in execution_ids:
            try:
                self.queue.send(execution_id)
            except QueueUnavailable:
                # Marked as sent just now: it is overdue again after `resend_after_seconds`.
                self.logger.exception("send failed", execution_id=str(execution_id))
            else:
                self.logger.warning("swept", execution_id=str(execution_id), outcome=outcome)
