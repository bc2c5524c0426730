"""The first tables: code sessions, executions, their audit trail, and what the runners report of themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NOW = sa.text("now()")


def upgrade() -> None:
    op.create_table(
        "code_sessions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("source_code", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False, server_default="ACTIVE"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("run_tokens", sa.Double, nullable=False),
        sa.Column("run_tokens_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("execution_count", sa.Integer, nullable=False, server_default="0"),
        sa.Column("last_execution_id", sa.Uuid),
    )
    op.create_table(
        "executions",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("session_id", sa.Uuid, sa.ForeignKey("code_sessions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("language", sa.Text, nullable=False),
        sa.Column("source_code", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text),
        sa.Column("exit_code", sa.Integer),
        sa.Column("signal", sa.Text),
        sa.Column("stdout", sa.Text, nullable=False, server_default=""),
        sa.Column("stderr", sa.Text, nullable=False, server_default=""),
        sa.Column("compile_output", sa.Text, nullable=False, server_default=""),
        sa.Column("stdout_truncated", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("stderr_truncated", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("compile_output_truncated", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("execution_time_ms", sa.Integer),
        sa.Column("compile_time_ms", sa.Integer),
        sa.Column("cpu_time_ms", sa.Integer),
        sa.Column("memory_kb", sa.Integer),
        sa.CheckConstraint(
            "status IN ('QUEUED', 'RUNNING', 'COMPLETED', 'FAILED', 'TIMEOUT')",
            name=op.f("executions_status_check"),
        ),
        sa.CheckConstraint("(status = 'RUNNING') = (lease_until IS NOT NULL)", name=op.f("executions_lease_check")),
        sa.CheckConstraint(
            "(status IN ('COMPLETED', 'FAILED', 'TIMEOUT')) = (finished_at IS NOT NULL)",
            name=op.f("executions_finished_check"),
        ),
    )
    op.create_index("executions_session_id_queued_at_idx", "executions", ["session_id", sa.text("queued_at DESC")])
    op.create_index(
        "executions_live_idx",
        "executions",
        ["status", "sent_at"],
        postgresql_where=sa.text("status IN ('QUEUED', 'RUNNING')"),
    )
    op.create_table(
        "execution_events",
        sa.Column("id", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("execution_id", sa.Uuid, sa.ForeignKey("executions.id", ondelete="CASCADE"), nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("clock_timestamp()")),
    )
    op.create_index("execution_events_execution_id_idx", "execution_events", ["execution_id"])
    op.create_table(
        "language_runtimes",
        sa.Column("language", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
    )
    op.create_table(
        "sandbox_layers",
        sa.Column("layer", sa.Text, primary_key=True),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False, server_default=NOW),
    )


def downgrade() -> None:
    for table in ("sandbox_layers", "language_runtimes", "execution_events", "executions", "code_sessions"):
        op.drop_table(table)
