"""One message of the queue: claim, run, finish; and what becomes of it when something of ours fails."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, repeat
from math import ceil
from typing import Any, Protocol
from uuid import UUID

from livecode import messages
from livecode.domain import ClaimedExecution, Outcome, Reason
from livecode.errors import (
    DatabaseUnavailable,
    ExecutionHeld,
    PoisonMessage,
    TransientError,
    UnknownMessageVersion,
)
from livecode.languages import LANGUAGES, Language
from livecode.logs import StructuredLogger
from livecode_runner.execute import NothingRan

# After the first, second and third failure of ours; the fourth delivery is the last before the dead-letter queue.
RETRY_DELAYS_SECONDS = (2, 4, 8)
# An environment that refuses every program would be done with a whole queue in no time.
_REFUSED_DELAY_FACTOR = 2.5
# A database that is away is waited for with the message in hand: to give it back at once would burn its receives, and
# those of every other message after it.
_CLAIM_RETRY_SECONDS = (0.2, 0.5, 1, 2)
# A result in hand is worth waiting for: the write is tried again before the run is.
_FINISH_RETRY_SECONDS = (0.2, 1, 2)
_LIMITS = frozenset({Reason.TIME_LIMIT_EXCEEDED, Reason.MEMORY_LIMIT_EXCEEDED, Reason.OUTPUT_LIMIT_EXCEEDED})


class Executions(Protocol):
    def claim(self, execution_id: UUID, *, lease_seconds: float, max_attempts: int) -> ClaimedExecution | None: ...
    def finish(self, claimed: ClaimedExecution, outcome: Outcome) -> bool: ...
    def give_back(self, claimed: ClaimedExecution, *, counted: bool) -> bool: ...


class Visibility(Protocol):
    def change_visibility(self, receipt_handle: str, *, after_seconds: int) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Record:
    """A delivery of a message: its body, its receipt handle, and how often it was received, this time included."""

    body: str
    receipt_handle: str
    receive_count: int


class RetryLater(TransientError):
    """The record failed for a reason of ours and comes back after its delay."""


class EnvironmentRefuses(TransientError):
    """This environment runs no program at all, another may. Raised by `run`."""


@dataclass(frozen=True, kw_only=True)
class RecordHandler:
    """Handles the records of the queue: claims, runs, stores, and gives back what failed for a reason of ours.

    `run` compiles and runs a program; whatever it raises is a failure of ours.
    """

    executions: Executions
    visibility: Visibility
    run: Callable[[Language, str], Outcome]
    lease_seconds: float
    max_attempts: int
    logger: StructuredLogger
    count_poison: Callable[[], None]
    patience_seconds: Callable[[], float]  # for how long a claim may wait for the database
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[float, float], float] = random.uniform

    def handle(self, record: Record) -> None:
        """Returns when the message is done with; raises when it must come back."""
        try:
            message = messages.decode(record.body)
        except UnknownMessageVersion as error:
            # A newer API wrote it, and a newer runner will read it.
            self.logger.warning("message of a newer version", receive_count=record.receive_count)
            self._make_visible_later(record)
            raise RetryLater from error
        except PoisonMessage:
            # Nobody will ever read it, and it names no execution: thrown away at once, and alarmed.
            self.logger.error("poison message", receive_count=record.receive_count)
            self.count_poison()
            return
        try:
            self._execute(message.execution_id)
        except ExecutionHeld as held:
            # It returns when that lease has ended, not in a loop that burns its receives.
            self.logger.info("held by another runner", execution_id=str(message.execution_id))
            after_seconds = ceil(held.lease_remaining_seconds) + 1
            self.visibility.change_visibility(record.receipt_handle, after_seconds=after_seconds)
            raise
        except Exception as error:  # whatever failed was ours: the message comes back
            self.logger.exception("retried", execution_id=str(message.execution_id), receive_count=record.receive_count)
            factor = _REFUSED_DELAY_FACTOR if isinstance(error, EnvironmentRefuses) else 1
            self._make_visible_later(record, factor=factor)
            raise RetryLater from error

    def refuse(self, record: Record) -> None:
        """Gives a message back unread, for another environment; raises RetryLater."""
        self._make_visible_later(record)
        raise RetryLater

    def _execute(self, execution_id: UUID) -> None:
        claimed = self._claim(execution_id)
        if claimed is None:
            self.logger.info("nothing to run", execution_id=str(execution_id))
            return
        fields: dict[str, Any] = {
            "execution_id": str(claimed.id),
            "session_id": str(claimed.session_id),
            "attempt": claimed.attempt,
            "language": claimed.language,
        }
        waited = claimed.started_at - claimed.queued_at
        self.logger.info("claimed", **fields, queue_time_ms=round(waited.total_seconds() * 1000))
        try:
            outcome = self.run(LANGUAGES[claimed.language], claimed.source_code)
        except Exception as error:  # ours, whatever it is: the next delivery may claim at once
            self._give_back(claimed, counted=not isinstance(error, NothingRan))
            raise
        self._log_outcome(outcome, fields)
        self._finish(claimed, outcome, fields)

    def _claim(self, execution_id: UUID) -> ClaimedExecution | None:
        ends = self.clock() + self.patience_seconds()
        for delay in chain(_CLAIM_RETRY_SECONDS, repeat(_CLAIM_RETRY_SECONDS[-1])):
            try:
                return self.executions.claim(
                    execution_id, lease_seconds=self.lease_seconds, max_attempts=self.max_attempts
                )
            except DatabaseUnavailable:
                if self.clock() + delay > ends:
                    raise
                self.sleep(delay)
        raise AssertionError("repeat() does not end")

    def _log_outcome(self, outcome: Outcome, fields: dict[str, Any]) -> None:
        if outcome.compile_time_ms is not None:
            self.logger.info("compiled", **fields, compile_time_ms=outcome.compile_time_ms)
        if outcome.reason in _LIMITS:
            self.logger.warning("limit reached", **fields, reason=outcome.reason)

    def _finish(self, claimed: ClaimedExecution, outcome: Outcome, fields: dict[str, Any]) -> None:
        for delay in (*_FINISH_RETRY_SECONDS, None):
            try:
                stored = self.executions.finish(claimed, outcome)
                break
            except DatabaseUnavailable:
                if delay is None:
                    raise
                self.sleep(delay)
        self.logger.info(
            "finished" if stored else "finished too late",
            **fields,
            status=outcome.status,
            reason=outcome.reason,
            execution_time_ms=outcome.execution_time_ms,
            cpu_time_ms=outcome.cpu_time_ms,
            memory_kb=outcome.memory_kb,
        )

    def _give_back(self, claimed: ClaimedExecution, *, counted: bool) -> None:
        try:
            self.executions.give_back(claimed, counted=counted)
        except DatabaseUnavailable:
            self.logger.exception("give back failed", execution_id=str(claimed.id))  # the lease ends by itself

    def _make_visible_later(self, record: Record, *, factor: float = 1) -> None:
        retry = record.receive_count - 1
        if retry >= len(RETRY_DELAYS_SECONDS):
            # The last delivery: out of sight no longer than needed, on to the dead-letter queue.
            self.visibility.change_visibility(record.receipt_handle, after_seconds=0)
            return
        delay = RETRY_DELAYS_SECONDS[retry] * factor
        self.visibility.change_visibility(record.receipt_handle, after_seconds=round(delay + self.jitter(0, delay / 2)))
