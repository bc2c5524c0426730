"""The shapes of requests and answers, from which the OpenAPI document is made."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import PydanticCustomError

from livecode.domain import CodeSession, Execution, ExecutionSummary, Outcome, Reason, SessionStatus, Status
from livecode.languages import LANGUAGES


def _storable(value: str) -> str:
    """Refuses text that Postgres or a UTF-8 file cannot hold: NUL and lone surrogates."""
    if "\0" in value:
        raise PydanticCustomError("string_nul", "A source may not contain NUL characters")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise PydanticCustomError("string_surrogate", "A source may not contain lone surrogates") from error
    return value


def _rfc3339(time: datetime) -> str:
    # Whatever zone it is told in; one that is told in none would be taken for the machine's, and is a mistake of ours.
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


# Exactly what is answered otherwise by UNKNOWN_LANGUAGE, which names them too.
_LANGUAGE_NAMES = sorted(name for language in LANGUAGES.values() for name in (language.name, *language.aliases))

SourceCode = Annotated[str, AfterValidator(_storable), Field(description="UTF-8 text of at most 256 KiB.")]
LanguageName = Annotated[
    str,
    Field(
        max_length=64,
        description="A language or one of its aliases, as GET /languages lists them.",
        json_schema_extra={"enum": list(_LANGUAGE_NAMES)},
    ),
]
Time = Annotated[
    datetime,
    PlainSerializer(_rfc3339, return_type=str),
    Field(description="UTC, RFC 3339.", examples=["2026-01-31T12:00:00.000000Z"]),
]


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


def _without_null(schema: dict[str, Any]) -> None:
    """Describes a field that may be left out, but not be null."""
    schema.update(schema.pop("anyOf")[0])
    schema.pop("default", None)


class CreateSessionRequest(Request):
    language: LanguageName = "python"
    source_code: SourceCode = ""


class PatchSessionRequest(Request):
    """What a PATCH changes: only the fields that are given; `{}` changes nothing."""

    language: LanguageName | None = Field(default=None, json_schema_extra=_without_null)
    source_code: SourceCode | None = Field(default=None, json_schema_extra=_without_null)

    @model_validator(mode="before")
    @classmethod
    def _null_is_no_value(cls, data: Any) -> Any:
        # "Leave it alone" is said by leaving the field out.
        if isinstance(data, dict) and any(data.get(name, "") is None for name in ("language", "source_code")):
            raise PydanticCustomError("null_value", "A field may be left out, but may not be null")
        return data


class RunRequest(Request):
    """A run takes no options: the body is empty or `{}`."""


class SessionResponse(BaseModel):
    session_id: UUID
    status: SessionStatus


class SessionDetailResponse(BaseModel):
    id: UUID
    language: str
    source_code: str
    status: SessionStatus
    created_at: Time
    updated_at: Time

    @classmethod
    def from_session(cls, session: CodeSession) -> "SessionDetailResponse":
        return cls(
            id=session.id,
            language=session.language,
            source_code=session.source_code,
            status=session.status,
            created_at=session.created_at,
            updated_at=session.updated_at,
        )


class RunResponse(BaseModel):
    execution_id: UUID
    status: Status


class ExecutionResponse(BaseModel):
    """An execution. Fields that are not known yet are absent while QUEUED or RUNNING."""

    execution_id: UUID
    session_id: UUID
    language: str
    status: Status
    reason: Reason | None = Field(default=None, description="Why it ended other than COMPLETED; null when COMPLETED.")
    exit_code: int | None = None
    signal: str | None = Field(default=None, description="The signal that ended it.", examples=["SIGSEGV"])
    stdout: str = ""
    stderr: str = ""
    compile_output: str = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    compile_output_truncated: bool = False
    execution_time_ms: int | None = Field(default=None, description="Wall time of the run phase.")
    compile_time_ms: int | None = Field(default=None, description="Wall time of the compile phase, if there is one.")
    cpu_time_ms: int | None = Field(default=None, description="User and system time of the run phase.")
    memory_kb: int | None = Field(default=None, description="Peak resident memory of the run phase.")
    attempt: int = Field(description="How often it was begun; more than 1 after a failure of ours.")
    queued_at: Time
    started_at: Time | None = None
    finished_at: Time | None = None

    @classmethod
    def from_execution(cls, execution: Execution) -> "ExecutionResponse":
        known: dict[str, Any] = {}
        if execution.outcome is not None:
            known = {name: getattr(execution.outcome, name) for name in Outcome.__dataclass_fields__}
            known["finished_at"] = execution.finished_at
            known["started_at"] = execution.started_at
        elif execution.started_at is not None:
            known["started_at"] = execution.started_at
        return cls(
            execution_id=execution.id,
            session_id=execution.session_id,
            language=execution.language,
            attempt=execution.attempt,
            queued_at=execution.queued_at,
            **{**known, "status": execution.status},
        )


class ExecutionSummaryResponse(BaseModel):
    execution_id: UUID
    status: Status
    queued_at: Time
    finished_at: Time | None
    execution_time_ms: int | None

    @classmethod
    def from_summary(cls, summary: ExecutionSummary) -> "ExecutionSummaryResponse":
        return cls(
            execution_id=summary.execution_id,
            status=summary.status,
            queued_at=summary.queued_at,
            finished_at=summary.finished_at,
            execution_time_ms=summary.execution_time_ms,
        )


class LimitsResponse(BaseModel):
    run_wall_time_seconds: float
    compile_wall_time_seconds: float
    stream_limit_bytes: int
    output_limit_bytes: int
    run_memory_mib: int
    compile_memory_mib: int
    stack_mib: int
    process_limit: int
    file_size_mib: int
    source_limit_bytes: int


class LanguageResponse(BaseModel):
    name: str
    aliases: list[str]
    version: str | None = Field(description="What the runners have installed; null until the first has started.")
    compile_command: list[str] | None
    run_command: list[str]
    limits: LimitsResponse


class HealthResponse(BaseModel):
    status: Literal["healthy"] = "healthy"
    timestamp: Time


class DatabaseHealthResponse(BaseModel):
    status: Literal["connected"] = "connected"


class QueueHealthResponse(BaseModel):
    status: Literal["connected"] = "connected"
    ping: Literal["PONG"] = "PONG"
    depth: int = Field(description="Messages that wait, delayed ones included.")
    in_flight: int = Field(description="Messages that a runner has.")
    oldest_message_age_s: float | None = Field(
        description="How long the longest waiting execution has waited; 0 when none waits, null if unknown."
    )
    dead_letters: int


class WorkersHealthResponse(BaseModel):
    status: Literal["connected"] = "connected"
    active_workers: int
    active_tasks: int
    sandbox_layers: dict[str, bool] = Field(
        description="Of each layer, whether the newest runner has it on; empty until the first has started."
    )


class ProblemItem(BaseModel):
    field: str = Field(examples=["body.language"])
    code: str
    message: str


class ProblemResponse(BaseModel):
    """An error, as RFC 9457 has it; `code` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    errors: list[ProblemItem] | None = None
