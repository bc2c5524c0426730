"""MigrateFunction's entry point: Alembic to head, run once by each deployment."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

from livecode.config import DatabaseSettings
from livecode.db import migrate
from livecode.db.engine import configured_engine
from livecode.logs import quieten_libraries

logger = Logger()
quieten_libraries()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{}` in; `{"revision": "0001"}` out, the revision that the database now has."""
    settings = DatabaseSettings.from_environment(os.environ)
    engine = configured_engine(settings, get_secret=parameters.get_secret, application_name="livecode-migrate")
    try:
        revision = migrate.upgrade(engine)
    finally:
        engine.dispose()
    logger.info("migrated", revision=revision)
    return {"revision": revision}
