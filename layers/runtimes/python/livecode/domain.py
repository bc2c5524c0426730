"""The nouns of the service: code session, execution, limits, and the outcome of a run."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class SessionStatus(StrEnum):
    ACTIVE = "ACTIVE"


class Status(StrEnum):
    """Where an execution is; the last three are terminal and never change."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    TIMEOUT = "TIMEOUT"

    @property
    def terminal(self) -> bool:
        return self in TERMINAL_STATUSES


TERMINAL_STATUSES = frozenset({Status.COMPLETED, Status.FAILED, Status.TIMEOUT})


class Reason(StrEnum):
    """Why an execution ended other than COMPLETED."""

    COMPILATION_ERROR = "COMPILATION_ERROR"
    RUNTIME_ERROR = "RUNTIME_ERROR"
    TIME_LIMIT_EXCEEDED = "TIME_LIMIT_EXCEEDED"
    MEMORY_LIMIT_EXCEEDED = "MEMORY_LIMIT_EXCEEDED"
    OUTPUT_LIMIT_EXCEEDED = "OUTPUT_LIMIT_EXCEEDED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


class Event(StrEnum):
    """The words of the audit trail (`execution_events`): what happened to an execution. The statements write these."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    FINISHED = "finished"
    RETRIED = "retried"  # the runner gave it back after a failure of ours
    REQUEUED = "requeued"  # the sweeper took it from a runner whose lease lapsed
    RESENT = "resent"  # the sweeper sent its message again
    ABANDONED = "abandoned"  # ended as INTERNAL_ERROR, its attempts used


@dataclass(frozen=True, kw_only=True)
class CodeSession:
    id: UUID
    language: str
    source_code: str
    status: SessionStatus
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to. Text is ready to store: no NUL, no lone surrogate, cut to the stream limit.

    Exactly one of `exit_code` and `signal` is set once the program ran; neither, if it never started.
    """

    status: Status
    reason: Reason | None = None
    exit_code: int | None = None
    signal: str | None = None
    stdout: str = ""
    stderr: str = ""
    compile_output: str = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    compile_output_truncated: bool = False
    execution_time_ms: int | None = None
    compile_time_ms: int | None = None
    cpu_time_ms: int | None = None
    memory_kb: int | None = None


@dataclass(frozen=True, kw_only=True)
class Execution:
    """One run of a session's snapshot; `outcome` is there once the status is terminal."""

    id: UUID
    session_id: UUID
    language: str
    status: Status
    attempt: int
    queued_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, kw_only=True)
class ExecutionSummary:
    execution_id: UUID
    status: Status
    queued_at: datetime
    finished_at: datetime | None
    execution_time_ms: int | None


@dataclass(frozen=True, kw_only=True)
class ClaimedExecution:
    """What a runner holds until `lease_until`; only this `attempt` may finish it."""

    id: UUID
    session_id: UUID
    language: str
    source_code: str
    attempt: int
    queued_at: datetime
    started_at: datetime
    lease_until: datetime


@dataclass(frozen=True, kw_only=True)
class RunLimits:
    """What one run may use. Memory is resident, summed over the run's processes; times are wall times."""

    run_wall_time_seconds: float = 30
    compile_wall_time_seconds: float = 10
    stream_limit_bytes: int = 100 * 1024
    output_limit_bytes: int = 16 * 1024 * 1024
    run_memory_mib: int = 256
    compile_memory_mib: int = 1024
    stack_mib: int = 64
    process_limit: int = 64
    file_size_mib: int = 64


@dataclass(frozen=True, kw_only=True)
class SessionLimits:
    """How much a session may ask for: a token bucket of runs, and a cap over its life."""

    rate_limit_burst: int = 10
    rate_limit_refill_seconds: float = 6
    execution_limit: int = 100


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A run that may be queued: its language, how many more may follow at once, and when the bucket is full again."""

    language: str
    runs_left: int
    full_in_seconds: float


@dataclass(frozen=True, kw_only=True)
class QueueCounts:
    """How many messages wait, are held by a consumer, and are delayed; SQS counts them approximately."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def all(self) -> int:
        return self.visible + self.in_flight + self.delayed


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """How many executions should have a message, and of how many it may be lost.

    `live` are those QUEUED and RUNNING, `overdue` those QUEUED for longer than messages usually take, and `unsent`
    those QUEUED for as long of which nobody has said that their message was sent.
    """

    live: int
    overdue: int
    unsent: int = 0
