"""The dead-letter queue's consumer: what nobody could run ends as INTERNAL_ERROR, so that its client is told."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ValidationError

from livecode.errors import ExecutionHeld


class Executions(Protocol):
    def abandon(self, execution_id: UUID) -> bool: ...
    def lease_remaining_seconds(self, execution_id: UUID) -> float | None: ...


class _AnyMessage(BaseModel):
    """A message of any version, as far as it concerns us."""

    execution_id: UUID


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    executions: Executions
    logger: Logger

    def bury(self, body: str) -> None:
        """Ends the execution of a dead message, if no live lease holds it and it is not terminal.

        Raises ExecutionHeld while a runner holds it: the message must come back.
        """
        try:
            execution_id = _AnyMessage.model_validate_json(body).execution_id
        except ValidationError:
            self.logger.error("dead letter names no execution")
            return
        if self.executions.abandon(execution_id):
            self.logger.error("abandoned", execution_id=str(execution_id))
            return
        remaining = self.executions.lease_remaining_seconds(execution_id)
        if remaining is not None:
            raise ExecutionHeld(remaining)
        self.logger.info("dead letter of a finished execution", execution_id=str(execution_id))
