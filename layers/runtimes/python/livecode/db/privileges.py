"""What each function may do with the tables: one group role a function, granted anew after each migration.

A login is a member of one group. On RDS, where IAM may log in, there is one login a group, named `<group>_iam`. The
owner of the tables (who migrates, and on a laptop everybody) is bound by none of this.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Executable, text

from livecode.db.tables import metadata

API, RUNNER, SWEEPER = "livecode_api", "livecode_runner", "livecode_sweeper"

# The result columns are the runner's alone; nobody may change a snapshot, and the runner reads no result.
_RESULTS = """reason, exit_code, signal, stdout, stderr, compile_output, stdout_truncated, stderr_truncated,
    compile_output_truncated, execution_time_ms, compile_time_ms, cpu_time_ms, memory_kb"""
_CLAIMED = """id, session_id, language, source_code, status, attempt, queued_at, sent_at, started_at, lease_until,
    finished_at"""
_LEASE = "status, attempt, lease_until, started_at, sent_at, finished_at"
_EVENT = "INSERT (execution_id, event, attempt), SELECT (execution_id) ON execution_events"

GRANTS = {
    API: (
        "SELECT, INSERT, UPDATE, DELETE ON code_sessions",
        "SELECT, DELETE, INSERT (id, session_id, language, source_code, status, sent_at) ON executions",
        "UPDATE (sent_at) ON executions",
        "INSERT (execution_id, event, attempt) ON execution_events",
        "SELECT ON language_runtimes",
        "SELECT ON sandbox_layers",
    ),
    RUNNER: (
        f"SELECT ({_CLAIMED}) ON executions",
        f"UPDATE ({_LEASE}, {_RESULTS}) ON executions",
        _EVENT,
        "SELECT, INSERT (language, version), UPDATE (version, reported_at) ON language_runtimes",
        "SELECT, INSERT (layer, is_on), UPDATE (is_on, reported_at) ON sandbox_layers",
    ),
    SWEEPER: (
        "SELECT (id, session_id, status, attempt, lease_until, queued_at, sent_at) ON executions",
        "SELECT (id, execution_count), UPDATE (execution_count) ON code_sessions",
        "UPDATE (status, lease_until, started_at, sent_at, finished_at, reason) ON executions",
        _EVENT,
    ),
}

_LIVE = "status IN ('QUEUED', 'RUNNING')"
# Rows, beside columns: what has ended never changes, and a runner sees only what is to be run (and, for a moment, what
# it has just ended: an UPDATE ... RETURNING must see its own row). A changed policy gets a new name.
POLICIES = {
    "livecode_api_all": f"FOR ALL TO {API} USING (true)",
    "livecode_runner_sees_live": f"FOR SELECT TO {RUNNER} USING ({_LIVE} OR finished_at > now() - interval '1 minute')",
    "livecode_runner_changes_live": f"FOR UPDATE TO {RUNNER} USING ({_LIVE}) WITH CHECK (true)",
    "livecode_sweeper_sees_all": f"FOR SELECT TO {SWEEPER} USING (true)",
    "livecode_sweeper_changes_live": f"FOR UPDATE TO {SWEEPER} USING ({_LIVE}) WITH CHECK (true)",
}


@dataclass(frozen=True, kw_only=True)
class Applied:
    """The groups that have their privileges, and those that are not there and that this login may not make."""

    groups: tuple[str, ...]
    missing: tuple[str, ...]


def apply(connection: Connection) -> Applied:
    """Gives every group exactly what GRANTS and POLICIES say; makes missing groups where the login may make roles.

    Without the groups nothing changes: functions then log in as the tables' owner. Runs in the caller's transaction.
    """
    if connection.execute(_MAY_MAKE_ROLES).scalar_one():
        for group in GRANTS:
            connection.execute(_role(group, "NOLOGIN"))
        if _existing(connection, "rds_iam"):
            for group in GRANTS:
                connection.execute(_role(f"{group}_iam", "LOGIN"))
                connection.execute(text(f"GRANT {group}, rds_iam TO {group}_iam"))
    groups = _existing(connection, *GRANTS)
    for group in groups:
        _grant(connection, group)
    if len(groups) == len(GRANTS):
        _add_policies(connection)
    return Applied(groups=groups, missing=tuple(group for group in GRANTS if group not in groups))


_MAY_MAKE_ROLES = text("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")


def _role(name: str, kind: str) -> Executable:
    # Roles belong to the server, and another database's deployment may make the same one at this moment.
    return text(
        f"DO $$ BEGIN CREATE ROLE {name} {kind}; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    )


def _existing(connection: Connection, *names: str) -> tuple[str, ...]:
    query = text("SELECT rolname FROM pg_roles WHERE rolname = ANY(:names) ORDER BY rolname")
    return tuple(connection.execute(query, {"names": list(names)}).scalars())


def _grant(connection: Connection, group: str) -> None:
    for table in metadata.sorted_tables:
        connection.execute(text(f"REVOKE ALL ON {table.name} FROM {group}"))
    for grant in GRANTS[group]:
        connection.execute(text(f"GRANT {grant} TO {group}"))


def _add_policies(connection: Connection) -> None:
    """Adds the row policies that are not there yet: each locks the whole table for a moment."""
    ours = text("SELECT polname FROM pg_policy WHERE polrelid = 'executions'::regclass AND polname LIKE 'livecode_%'")
    existing = set(connection.execute(ours).scalars())
    for name in existing - POLICIES.keys():
        connection.execute(text(f"DROP POLICY {name} ON executions"))
    for name in POLICIES.keys() - existing:
        connection.execute(text(f"CREATE POLICY {name} ON executions {POLICIES[name]}"))
    enabled = text("SELECT relrowsecurity FROM pg_class WHERE oid = 'executions'::regclass")
    if not connection.execute(enabled).scalar_one():
        connection.execute(text("ALTER TABLE executions ENABLE ROW LEVEL SECURITY"))
