"""The dead-letter queue's consumer: what nobody could run ends as INTERNAL_ERROR, so that its client is told.

A message dies of its receives, and a receive is no attempt: while the runners cannot reach or enter the database, no
program is begun and all messages die. So what has attempts left is sent again, and the dead-letter queue is where a
backlog waits for the database to come back; what no runner has got to for a day ends all the same.
"""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import BaseModel, ValidationError

from livecode.errors import ExecutionHeld
from livecode.logs import StructuredLogger


class Executions(Protocol):
    def revive(self, execution_id: UUID, *, max_attempts: int, give_up_after_seconds: float) -> bool: ...
    def abandon(self, execution_id: UUID) -> bool: ...
    def lease_remaining_seconds(self, execution_id: UUID) -> float | None: ...


class Queue(Protocol):
    def forward(self, body: str) -> None: ...


class _AnyMessage(BaseModel):
    """A message of any version, as far as it concerns us."""

    execution_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    executions: Executions
    queue: Queue
    max_attempts: int
    give_up_after_seconds: float
    logger: StructuredLogger

    def consume(self, body: str) -> bool:
        """Decides what becomes of a dead letter; returns whether something was given up.

        That may be an execution, or a message that nobody can read.

        Raises ExecutionHeld while a runner holds the execution, DatabaseUnavailable and QueueUnavailable: then the
        message must come back.
        """
        try:
            execution_id = _AnyMessage.model_validate_json(body).execution_id
        except ValidationError:
            self.logger.error("dead letter names no execution")
            return True
        if self.executions.revive(
            execution_id, max_attempts=self.max_attempts, give_up_after_seconds=self.give_up_after_seconds
        ):
            # As it came: a message of a newer version says more than we can read.
            self.queue.forward(body)
            self.logger.warning("dead letter sent again", execution_id=str(execution_id))
            return False
        if self.executions.abandon(execution_id):
            self.logger.error("abandoned", execution_id=str(execution_id))
            return True
        remaining = self.executions.lease_remaining_seconds(execution_id)
        if remaining is not None:
            raise ExecutionHeld(remaining)
        self.logger.info("dead letter of a finished execution", execution_id=str(execution_id))
        return False
