"""What a template describes, as values: functions, queues, event sources, schedules and the REST API."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecode_embedded.intrinsics import ACCOUNT_ID, REGION


@dataclass(frozen=True, kw_only=True)
class FunctionSpec:
    name: str
    handler: str
    code_root: Path
    layers: tuple[Path, ...]
    runtime: str | None  # None for a container image
    timeout_seconds: float
    memory_mb: int
    reserved_concurrency: int | None
    log_format: str
    log_level: str | None
    log_group: str
    variables: dict[str, str]

    @property
    def arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:{self.name}"


@dataclass(frozen=True, kw_only=True)
class QueueSpec:
    name: str
    visibility_timeout_seconds: int = 30
    retention_seconds: int = 345600
    delay_seconds: int = 0
    receive_wait_seconds: int = 0
    maximum_message_bytes: int = 1048576
    dead_letter_queue: str | None = None
    maximum_receive_count: int | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{self.name}"


@dataclass(frozen=True, kw_only=True)
class MappingSpec:
    queue: str
    function: str
    batch_size: int
    maximum_concurrency: int | None
    report_batch_item_failures: bool


@dataclass(frozen=True, kw_only=True)
class ScheduleSpec:
    name: str
    function: str
    interval_seconds: float
    event: dict[str, Any] | None

    @property
    def arn(self) -> str:
        return f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/{self.name}"


@dataclass(frozen=True, kw_only=True)
class RestApiSpec:
    name: str
    stage: str
    stage_variables: dict[str, str] | None
    body: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class StackSpec:
    functions: dict[str, FunctionSpec]
    queues: dict[str, QueueSpec]
    mappings: tuple[MappingSpec, ...]
    schedules: tuple[ScheduleSpec, ...]
    api: RestApiSpec | None
    code_roots: tuple[Path, ...]
