"""Migrations and tables agree, in both directions."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from livecode.db import migrate
from livecode.db.tables import metadata


def test_a_migrated_database_is_what_the_tables_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


def test_constraints_and_partial_indexes_are_what_the_tables_say(engine: Engine) -> None:
    """Alembic does not compare check constraints, nor an index's WHERE or order."""
    with engine.connect() as connection:
        migrated = _definitions(connection)
        connection.execute(text("CREATE SCHEMA from_tables"))
        connection.execute(text("SET search_path TO from_tables"))
        metadata.create_all(connection, checkfirst=False)
        created = _definitions(connection, "from_tables")
    assert created == migrated
    assert any("WHERE" in definition for definition in created)


def test_migrating_again_changes_nothing(engine: Engine) -> None:
    head = ScriptDirectory.from_config(migrate.alembic_config()).get_current_head()
    assert migrate.upgrade(engine) == head
    assert "executions" in inspect(engine).get_table_names()


def _definitions(connection: object, schema: str = "public") -> list[str]:
    execute = connection.execute  # type: ignore[attr-defined]
    indexes = execute(
        text("SELECT indexdef FROM pg_indexes WHERE schemaname = :s AND tablename <> 'alembic_version'"), {"s": schema}
    ).scalars()
    checks = execute(
        text(
            "SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE connamespace = CAST(:s AS regnamespace) AND conrelid <> 0"
            " AND conrelid::regclass::text NOT LIKE '%alembic_version'"
        ),
        {"s": schema},
    ).scalars()
    return sorted(text_.replace(f"{schema}.", "") for text_ in (*indexes, *checks))
