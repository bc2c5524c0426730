"""MigrateFunction's entry point: Alembic to head, run once by each deployment before the new code takes traffic."""

import os
import time
from dataclasses import asdict
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext

from livecode.config import DatabaseSettings
from livecode.db import migrate
from livecode.db.engine import configured_engine
from livecode.logs import log_from, quieten_libraries
from livecode_api.migrate import custom_resource
from livecode_api.migrate.waiting import until_connected

logger = Logger()
quieten_libraries()
log_from(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"))

# What the migrations themselves, and telling CloudFormation, may still need.
_KEPT_BACK_MILLISECONDS = 120_000


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`{}` in, `{"revision": "0001", …}` out: the revision that the database now has.

    Also a CloudFormation custom resource: then a database that is just being made is waited for.
    """
    if not custom_resource.is_request(event):
        return _migrate(wait_until_ms_left=None, context=context)
    answers: dict[str, Any] = {}

    def act() -> dict[str, Any]:
        answers.update(_migrate(wait_until_ms_left=_KEPT_BACK_MILLISECONDS, context=context))
        return {"Revision": answers["revision"]}

    custom_resource.answer(event, act, log_stream=context.log_stream_name)
    return answers


def _migrate(*, wait_until_ms_left: int | None, context: LambdaContext) -> dict[str, Any]:
    settings = DatabaseSettings.from_environment(os.environ)
    engine = configured_engine(
        settings,
        get_secret=parameters.get_secret,
        get_token=lambda host, port, user: boto3.client("rds").generate_db_auth_token(host, port, user),
        application_name="livecode-migrate",
    )
    try:
        if wait_until_ms_left is not None:
            until_connected(
                engine,
                has_time=lambda: context.get_remaining_time_in_millis() >= wait_until_ms_left,
                tell=logger.info,
                sleep=time.sleep,
            )
        migrated = migrate.upgrade(engine)
    finally:
        engine.dispose()
    if migrated.newer:
        logger.warning("a newer release has migrated this database; left as it is", revision=migrated.revision)
    if migrated.missing_groups:
        logger.warning("this login may not make roles; functions log in as the owner", missing=migrated.missing_groups)
    logger.info("migrated", revision=migrated.revision, groups=migrated.groups)
    return asdict(migrated)
