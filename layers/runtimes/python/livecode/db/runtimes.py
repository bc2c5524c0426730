"""The versions of python, node and g++ that the runners really have."""

from collections.abc import Mapping

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from livecode.db.engine import connected
from livecode.db.tables import language_runtimes


class PostgresRuntimes:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def report(self, versions: Mapping[str, str]) -> None:
        """Records what one runner has installed: language name to version."""
        if not versions:
            return
        rows = [{"language": language, "version": version} for language, version in sorted(versions.items())]
        statement = insert(language_runtimes).values(rows)
        statement = statement.on_conflict_do_update(
            index_elements=["language"], set_={"version": statement.excluded.version, "reported_at": func.now()}
        )
        with connected(self._engine) as connection:
            connection.execute(statement)

    def versions(self) -> dict[str, str]:
        with connected(self._engine) as connection:
            rows = connection.execute(select(language_runtimes.c.language, language_runtimes.c.version)).all()
        return {row.language: row.version for row in rows}
