"""The message in the execution queue: which execution to run, never source and never output."""

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from livecode.errors import PoisonMessage, UnknownMessageVersion


class ExecutionMessage(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: Literal[1] = 1
    execution_id: UUID


class _AnyVersion(BaseModel):
    version: int


def encode(execution_id: UUID) -> str:
    return ExecutionMessage(execution_id=execution_id).model_dump_json()


def decode(body: str) -> ExecutionMessage:
    """Decodes the body of a message.

    Raises UnknownMessageVersion when a newer API wrote it (a newer runner can read it: keep it),
    and PoisonMessage when nobody ever will.
    """
    try:
        return ExecutionMessage.model_validate_json(body)
    except ValidationError as error:
        if _version(body) > 1:
            raise UnknownMessageVersion from error
        raise PoisonMessage from error


def _version(body: str) -> int:
    try:
        return _AnyVersion.model_validate_json(body).version
    except ValidationError:
        return 0
