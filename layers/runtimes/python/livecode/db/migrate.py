"""Brings a database to the newest migration."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, text

# Any number, as long as it is always the same: it keeps two deployments from migrating at once.
_ADVISORY_LOCK = 7_305_429_813


def alembic_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def upgrade(engine: Engine, revision: str = "head") -> str | None:
    """Runs the migrations up to `revision`, each in a transaction of its own; returns the revision arrived at."""
    # Migrations want transactions, which the engine's AUTOCOMMIT would undo.
    with engine.execution_options(isolation_level="READ COMMITTED").connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
        connection.commit()
        try:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            connection.commit()
            return MigrationContext.configure(connection).get_current_revision()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
            connection.commit()
