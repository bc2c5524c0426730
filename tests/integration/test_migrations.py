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
    assert migrate.upgrade(engine).revision == head
    assert "executions" in inspect(engine).get_table_names()


def test_a_database_of_a_newer_release_is_left_as_it_is(engine: Engine) -> None:
    """So that a deployment that failed can be rolled back: the older release's migrations run again."""
    with engine.connect() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("REVOKE ALL ON executions FROM livecode_api"))
    assert migrate.upgrade(engine) == migrate.Migrated(revision="9999", newer=True)
    with engine.connect() as connection:
        granted = text("SELECT has_table_privilege('livecode_api', 'executions', 'SELECT')")
        assert connection.execute(granted).scalar_one() is False


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
