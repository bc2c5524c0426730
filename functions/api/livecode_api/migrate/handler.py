"""MigrateFunction's entry point: Alembic to head, run once by each deployment before the new code takes traffic."""

import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.client import BaseClient

from livecode.config import DatabaseSettings
from livecode.db import migrate
from livecode_api.migrate import custom_resource
from livecode_api.migrate.waiting import wait_until_connected
from livecode_api.queue import CLIENT_CONFIG
from livecode_aws.database import make_database_engine
from livecode_aws.logs import make_logger

# What the migrations themselves, and telling CloudFormation, may still need.
_KEPT_BACK_MILLISECONDS = 120_000


@dataclass(frozen=True, kw_only=True)
class Migration:
    """All that the function is made of."""

    settings: DatabaseSettings
    signer: BaseClient
    logger: Logger

    def run(self, context: LambdaContext, *, wait: bool) -> dict[str, Any]:
        """Brings the database to the newest revision; with `wait`, waits before for one that is just being made."""
        engine = make_database_engine(
            self.settings,
            signer=self.signer,
            config=CLIENT_CONFIG,
            application_name="livecode-migrate",
        )
        try:
            if wait:
                wait_until_connected(
                    engine,
                    has_time=lambda: context.get_remaining_time_in_millis() >= _KEPT_BACK_MILLISECONDS,
                    report=self.logger.info,
                    sleep=time.sleep,
                )
            migrated = migrate.upgrade(engine)
        finally:
            engine.dispose()
        if migrated.newer:
            self.logger.warning("a newer release has migrated this database; left as it is", revision=migrated.revision)
        if migrated.missing_groups:
            self.logger.warning(
                "this login may not make roles; functions log in as the owner", missing=migrated.missing_groups
            )
        self.logger.info("migrated", revision=migrated.revision, groups=migrated.groups)
        return asdict(migrated)


def build(environment: Mapping[str, str]) -> Migration:
    """Makes the function from its environment; nothing is connected yet."""
    return Migration(
        settings=DatabaseSettings.from_environment(environment),
        signer=boto3.client("sqs", config=CLIENT_CONFIG),
        logger=make_logger(environment),
    )


migration = build(os.environ)


@migration.logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers `{}` with `{"revision": "0001", …}`, the revision that the database now has.

    It is a CloudFormation custom resource too: then a database that is just being made is waited for.
    """
    if not custom_resource.is_request(event):
        return migration.run(context, wait=False)
    answers: dict[str, Any] = {}

    def act() -> dict[str, Any]:
        answers.update(migration.run(context, wait=True))
        return {"Revision": answers["revision"]}

    custom_resource.answer(event, act, log_stream=context.log_stream_name)
    return answers
