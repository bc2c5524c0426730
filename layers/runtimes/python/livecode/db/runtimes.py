"""What the runners report of themselves: the versions that they have, and the layers of their sandbox."""

from collections.abc import Mapping

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert

from livecode.db.engine import connected
from livecode.db.tables import language_runtimes, sandbox_layers


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

    def report_sandbox(self, layers: Mapping[str, bool]) -> None:
        """Records of each layer whether one runner has it on."""
        rows = [{"layer": layer, "is_on": is_on} for layer, is_on in sorted(layers.items())]
        statement = insert(sandbox_layers).values(rows)
        statement = statement.on_conflict_do_update(
            index_elements=["layer"], set_={"is_on": statement.excluded.is_on, "reported_at": func.now()}
        )
        with connected(self._engine) as connection:
            connection.execute(statement)

    def sandbox(self) -> dict[str, bool]:
        """Returns the sandbox's layers as the newest runner reported them; empty before the first report."""
        with connected(self._engine) as connection:
            rows = connection.execute(select(sandbox_layers.c.layer, sandbox_layers.c.is_on)).all()
        return {row.layer: row.is_on for row in rows}

    def versions(self) -> dict[str, str]:
        with connected(self._engine) as connection:
            rows = connection.execute(select(language_runtimes.c.language, language_runtimes.c.version)).all()
        return {row.language: row.version for row in rows}
