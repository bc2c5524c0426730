"""How Alembic runs our migrations: on the connection that `migrate.upgrade` hands it."""

from alembic import context

from livecode.db.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
