"""Settings, read from the environment by the handlers and handed on as values."""

from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from livecode.domain import RunLimits, SessionLimits


class Settings(BaseModel):
    """A set of settings; the field `lease_seconds` is the environment variable LEASE_SECONDS.

    Variables that no field names are not ours and are left alone; an empty one counts as unset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises pydantic.ValidationError, naming each setting that is missing or malformed."""
        return cls.model_validate(
            {name: environment[name.upper()] for name in cls.model_fields if environment.get(name.upper())}
        )


class DatabaseSettings(Settings):
    """Where Postgres is, and how to log in: by `DATABASE_URL`, by IAM to `DATABASE_HOST` as `DATABASE_USER`, or by a
    Secrets Manager secret with host, port, username, password, dbname. The first that is set counts.
    """

    database_url: str | None = None
    database_host: str | None = None
    database_port: int = Field(default=5432, ge=1, le=65535)
    database_name: str = "livecode"
    database_user: str | None = None
    database_secret_arn: str | None = None
    database_timeout_seconds: float = Field(default=2, gt=0)

    @property
    def required_secret_arn(self) -> str:
        """Raises ValueError when nothing says where the database is."""
        if self.database_secret_arn is None:
            raise ValueError("set DATABASE_URL, DATABASE_HOST with DATABASE_USER, or DATABASE_SECRET_ARN")
        return self.database_secret_arn

    @model_validator(mode="after")
    def _host_and_user_go_together(self) -> Self:
        if (self.database_host is None) != (self.database_user is None):
            raise ValueError("DATABASE_HOST and DATABASE_USER go together")
        return self


class QueueSettings(Settings):
    execution_queue_url: str
    execution_dead_letter_queue_url: str | None = None


class SessionLimitSettings(Settings):
    source_limit_bytes: int = Field(default=256 * 1024, ge=1)
    rate_limit_burst: int = Field(default=10, ge=1)
    rate_limit_refill_seconds: float = Field(default=6, gt=0)
    execution_limit: int = Field(default=100, ge=1)

    @property
    def session_limits(self) -> SessionLimits:
        return SessionLimits(
            rate_limit_burst=self.rate_limit_burst,
            rate_limit_refill_seconds=self.rate_limit_refill_seconds,
            execution_limit=self.execution_limit,
        )


class RunLimitSettings(Settings):
    run_wall_time_seconds: float = Field(default=30, gt=0)
    compile_wall_time_seconds: float = Field(default=10, gt=0)
    stream_limit_bytes: int = Field(default=100 * 1024, ge=1)
    output_limit_bytes: int = Field(default=16 * 1024 * 1024, ge=1)
    run_memory_mib: int = Field(default=256, ge=16)
    compile_memory_mib: int = Field(default=1024, ge=64)
    stack_mib: int = Field(default=64, ge=1)
    process_limit: int = Field(default=64, ge=1)
    file_size_mib: int = Field(default=64, ge=1)

    @property
    def run_limits(self) -> RunLimits:
        return RunLimits(**self.model_dump(include=set(RunLimitSettings.model_fields)))


class DeliverySettings(Settings):
    """How long a claim holds, how often we try, after how long a silent QUEUED row counts as lost, and for how long a
    row that no runner gets to is kept alive.
    """

    lease_seconds: int = Field(default=75, ge=1)
    max_attempts: int = Field(default=4, ge=1)
    resend_after_seconds: int = Field(default=60, ge=1)
    give_up_after_seconds: int = Field(default=86_400, ge=1)
