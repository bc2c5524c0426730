"""The tables as the code sees them; `migrations/` is how a database comes to have them, and a test holds them equal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

NOW = text("now()")

code_sessions = Table(
    "code_sessions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("language", Text, nullable=False),
    Column("source_code", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="ACTIVE"),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    # The token bucket: how many runs were left at that time; it fills as time goes by.
    Column("run_tokens", Double, nullable=False),
    Column("run_tokens_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("execution_count", Integer, nullable=False, server_default="0"),
    # Tells within one statement whether it was this run that got the slot.
    Column("last_execution_id", Uuid),
)

executions = Table(
    "executions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("session_id", Uuid, ForeignKey("code_sessions.id", ondelete="CASCADE"), nullable=False),
    # The snapshot that is run: a later PATCH of the session does not touch it.
    Column("language", Text, nullable=False),
    Column("source_code", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_until", DateTime(timezone=True)),
    Column("queued_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    # When its message was last sent; infinity as long as nobody has said that it was.
    Column("sent_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("reason", Text),
    Column("exit_code", Integer),
    Column("signal", Text),
    Column("stdout", Text, nullable=False, server_default=""),
    Column("stderr", Text, nullable=False, server_default=""),
    Column("compile_output", Text, nullable=False, server_default=""),
    Column("stdout_truncated", Boolean, nullable=False, server_default=text("false")),
    Column("stderr_truncated", Boolean, nullable=False, server_default=text("false")),
    Column("compile_output_truncated", Boolean, nullable=False, server_default=text("false")),
    Column("execution_time_ms", Integer),
    Column("compile_time_ms", Integer),
    Column("cpu_time_ms", Integer),
    Column("memory_kb", Integer),
    CheckConstraint("status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'TIMEOUT')", name="status"),
    CheckConstraint("(status = 'RUNNING') = (lease_until IS NOT NULL)", name="lease"),
    CheckConstraint("(status IN ('COMPLETED', 'FAILED', 'TIMEOUT')) = (finished_at IS NOT NULL)", name="finished"),
)
Index("executions_session_id_queued_at_idx", executions.c.session_id, executions.c.queued_at.desc())
Index(
    "executions_live_idx",
    executions.c.status,
    executions.c.sent_at,
    postgresql_where=text("status IN ('QUEUED', 'RUNNING')"),
)

execution_events = Table(
    "execution_events",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("execution_id", Uuid, ForeignKey("executions.id", ondelete="CASCADE"), nullable=False),
    Column("event", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=text("clock_timestamp()")),
)
Index("execution_events_execution_id_idx", execution_events.c.execution_id)

# Which layers of the sandbox the newest runner had on, for GET /health/workers.
sandbox_layers = Table(
    "sandbox_layers",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("is_on", Boolean, nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False, server_default=NOW),
)

# What the runners found installed, for GET /languages: the API's own machine has no compiler to ask.
language_runtimes = Table(
    "language_runtimes",
    metadata,
    Column("language", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False, server_default=NOW),
)
