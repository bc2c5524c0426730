"""Brings a database to the newest migration, and its logins to the privileges that go with it."""

from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, text

from livecode.db import privileges

# Any number, as long as it is always the same: it keeps two deployments from migrating at once.
_ADVISORY_LOCK = 7_305_429_813


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """The revision that the database has; `newer` if a later release made it, and then it was left as it is.

    `groups` have their privileges; `missing_groups` are not there, and this login may not make them.
    """

    revision: str | None
    newer: bool = False
    groups: tuple[str, ...] = ()
    missing_groups: tuple[str, ...] = ()


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, revision: str = "head") -> Migrated:
    """Runs the migrations up to `revision`, each in a transaction of its own, and grants the privileges."""
    # Migrations want transactions, which the engine's AUTOCOMMIT would undo.
    with engine.execution_options(isolation_level="READ COMMITTED").connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        connection.commit()
        try:
            return _upgrade(connection, revision)
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
            connection.commit()


def _upgrade(connection: Connection, revision: str) -> Migrated:
    config = alembic_config()
    before = MigrationContext.configure(connection).get_current_revision()
    if before is not None and not _knows(config, before):
        # A deployment that is rolled back runs the older code's migrations; the newer ones were made for that.
        return Migrated(revision=before, newer=True)
    connection.rollback()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
    connection.commit()
    applied = privileges.apply(connection)
    connection.commit()
    return Migrated(
        revision=MigrationContext.configure(connection).get_current_revision(),
        groups=applied.groups,
        missing_groups=applied.missing,
    )


def _knows(config: Config, revision: str) -> bool:
    try:
        return ScriptDirectory.from_config(config).get_revision(revision) is not None
    except CommandError:
        return False
