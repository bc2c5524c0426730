"""ApiFunction's entry point: reads the environment, builds the clients, and answers API Gateway."""

import os
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.signers import generate_db_auth_token

from livecode.config import DatabaseSettings, QueueSettings, RunLimitSettings, SessionLimitSettings
from livecode.db.engine import configured_engine
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.ids import uuid7
from livecode.logs import log_from, quieten_libraries
from livecode_api.queue import CLIENT_CONFIG, SqsQueue
from livecode_api.resolver import LiveCodeResolver
from livecode_api.routes import build_app
from livecode_api.service import ExecutionService

logger = Logger()
quieten_libraries()
log_from(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"))


def _build() -> LiveCodeResolver:
    limits = SessionLimitSettings.from_environment(os.environ)
    run_limits = RunLimitSettings.from_environment(os.environ)
    queues = QueueSettings.from_environment(os.environ)
    database = DatabaseSettings.from_environment(os.environ)
    sqs = boto3.client("sqs", config=CLIENT_CONFIG)
    engine = configured_engine(
        database,
        get_secret=lambda arn: parameters.SecretsProvider(boto_config=CLIENT_CONFIG).get(arn),
        get_token=partial(generate_db_auth_token, sqs),  # any client can sign, and RDS's own takes long to load
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
    return build_app(service, limits.session_limits)


app = _build()


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """API Gateway's proxy event in, its proxy answer out."""
    return app.resolve(event, context)
