"""ApiFunction's entry point: builds the API from the environment, and answers API Gateway."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from livecode.config import DatabaseSettings, QueueSettings, RunLimitSettings, SessionLimitSettings
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.ids import uuid7
from livecode_api.queue import CLIENT_CONFIG, SqsQueue
from livecode_api.resolver import LiveCodeResolver
from livecode_api.routes import build_app
from livecode_api.service import ExecutionService
from livecode_aws.database import make_database_engine
from livecode_aws.logs import make_logger


@dataclass(frozen=True, kw_only=True)
class Api:
    """All that the function is made of."""

    app: LiveCodeResolver
    logger: Logger


def build(environment: Mapping[str, str]) -> Api:
    """Makes the function from its environment. Nothing is connected: a snapshot of the process holds no connection."""
    logger = make_logger(environment)
    limits = SessionLimitSettings.from_environment(environment)
    run_limits = RunLimitSettings.from_environment(environment)
    queues = QueueSettings.from_environment(environment)
    sqs = boto3.client("sqs", config=CLIENT_CONFIG)
    engine = make_database_engine(
        DatabaseSettings.from_environment(environment),
        signer=sqs,
        config=CLIENT_CONFIG,
        application_name="livecode-api",
    )
    service = ExecutionService(
        sessions=PostgresSessions(engine, rate_limit_burst=limits.rate_limit_burst),
        slots=PostgresSlots(engine, limits.session_limits),
        executions=PostgresExecutions(engine),
        backlog=PostgresUpkeep(engine),
        runtimes=PostgresRuntimes(engine),
        queue=SqsQueue(sqs, queues.execution_queue_url),
        dead_letters=SqsQueue(sqs, queues.execution_dead_letter_queue_url or queues.execution_queue_url),
        new_id=uuid7,
        now=lambda: datetime.now(UTC),
        source_limit_bytes=limits.source_limit_bytes,
        run_limits=run_limits.run_limits,
        logger=logger,
    )
    return Api(app=build_app(service, limits.session_limits), logger=logger)


api = build(os.environ)


@api.logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers an event of API Gateway's proxy integration."""
    return api.app.resolve(event, context)
