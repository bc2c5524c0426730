"""One sweep: ends what is given up or was never sent, requeues what a runner left, and re-sends lost messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from livecode.domain import Backlog, QueueCounts
from livecode.errors import QueueUnavailable
from livecode.logs import StructuredLogger


class Upkeep(Protocol):
    def requeue_lapsed(self, *, max_attempts: int) -> list[UUID]: ...
    def abandon_lapsed(self, *, max_attempts: int) -> list[UUID]: ...
    def now(self) -> datetime: ...
    def backlog(self, *, resend_after_seconds: float, as_of: datetime) -> Backlog: ...
    def end_unsent(self, *, resend_after_seconds: float, most: int) -> list[UUID]: ...
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
    unsent: int = 0


@dataclass(frozen=True, kw_only=True)
class Sweeper:
    upkeep: Upkeep
    queue: Queue
    dead_letters: Queue
    max_attempts: int
    resend_after_seconds: int
    logger: StructuredLogger

    def sweep(self) -> Swept:
        """Raises DatabaseUnavailable, QueueUnavailable; what is not done now, the next sweep does."""
        abandoned = self.upkeep.abandon_lapsed(max_attempts=self.max_attempts)
        for execution_id in abandoned:
            self.logger.error("swept", execution_id=str(execution_id), outcome="abandoned")
        requeued = self.upkeep.requeue_lapsed(max_attempts=self.max_attempts)
        self._send(requeued, "requeued")
        unsent, resent = self._take_lost()
        for execution_id in unsent:
            # Its client has been told 503, and may have asked again since.
            self.logger.warning("swept", execution_id=str(execution_id), outcome="never sent")
        self._send(resent, "resent")
        return Swept(abandoned=len(abandoned), requeued=len(requeued), resent=len(resent), unsent=len(unsent))

    def _take_lost(self) -> tuple[list[UUID], list[UUID]]:
        """Takes the rows whose messages the queues' own counts cannot account for: a long backlog is no loss.

        First those that nobody has said to be sent, which are ended here, then those that are overdue.
        """
        as_of = self.upkeep.now()
        late = self._backlog(as_of)
        if not late.overdue and not late.unsent:
            return [], []
        # The messages first, and then the rows of before: a run that ends or begins in between makes us send too few,
        # which the next sweep mends, and never too many.
        # In this order: a letter that is revived in between has marked its row as sent, and one that dies counts twice.
        messages = self.queue.counts().all + self.dead_letters.counts().all
        backlog = self._backlog(as_of)
        # Each live row has one message: waiting, in flight, or dead and to be revived.
        missing = backlog.live - messages
        ended: list[UUID] = []
        if missing > 0 and backlog.unsent:
            ended = self.upkeep.end_unsent(
                resend_after_seconds=self.resend_after_seconds, most=min(missing, backlog.unsent)
            )
        missing -= len(ended)
        if missing <= 0 or not backlog.overdue:
            return ended, []
        return ended, self.upkeep.take_overdue(
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
