"""SweeperFunction's entry point: EventBridge's tick sweeps, and messages of the dead-letter queue are buried."""

import os
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Any

import boto3
from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.signers import generate_db_auth_token

from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings
from livecode.db.engine import configured_engine
from livecode.db.executions import PostgresExecutions
from livecode.db.upkeep import PostgresUpkeep
from livecode.errors import ExecutionHeld, Unavailable
from livecode.logs import log_from, quieten_libraries
from livecode_api.queue import CLIENT_CONFIG, SqsQueue
from livecode_api.sweeper.dead_letters import DeadLetters
from livecode_api.sweeper.sweep import Sweeper

logger = Logger()
quieten_libraries()
log_from(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"))
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

_database = DatabaseSettings.from_environment(os.environ)
_queues = QueueSettings.from_environment(os.environ)
_delivery = DeliverySettings.from_environment(os.environ)
_sqs = boto3.client("sqs", config=CLIENT_CONFIG)
_engine = configured_engine(
    _database,
    get_secret=lambda arn: parameters.SecretsProvider(boto_config=CLIENT_CONFIG).get(arn),
    get_token=partial(generate_db_auth_token, _sqs),  # any client can sign, and RDS's own takes long to load
    application_name="livecode-sweeper",
)
_queue = SqsQueue(_sqs, _queues.execution_queue_url)
sweeper = Sweeper(
    upkeep=PostgresUpkeep(_engine),
    queue=_queue,
    dead_letters=SqsQueue(_sqs, str(_queues.execution_dead_letter_queue_url)),
    max_attempts=_delivery.max_attempts,
    resend_after_seconds=_delivery.resend_after_seconds,
    logger=logger,
)
dead_letters = DeadLetters(
    executions=PostgresExecutions(_engine),
    queue=_queue,
    max_attempts=_delivery.max_attempts,
    give_up_after_seconds=_delivery.give_up_after_seconds,
    logger=logger,
)
# When what we lean on is away: soon enough for a client that waits, and rarely enough for a long outage.
_AWAY_SECONDS = 30


@dataclass
class _Burial:
    """One batch of dead letters. Once the database or the queue is found to be away, the rest is not tried: each would
    wait for its timeouts, and all of them for longer than the function may take."""

    away: Exception | None = None

    def bury(self, record: SQSRecord) -> None:
        try:
            if self.away is not None:
                raise self.away
            given_up = dead_letters.bury(record.body)
        except ExecutionHeld as held:
            # It comes back when that lease has ended.
            _come_back(record, after_seconds=ceil(held.lease_remaining_seconds) + 1)
            raise
        except Unavailable as error:
            self.away = error
            _come_back(record, after_seconds=_AWAY_SECONDS)
            raise
        if given_up:
            _count("DeadLetters")


def _come_back(record: SQSRecord, *, after_seconds: int) -> None:
    _sqs.change_message_visibility(
        QueueUrl=str(_queues.execution_dead_letter_queue_url),
        ReceiptHandle=record.receipt_handle,
        VisibilityTimeout=after_seconds,
    )


def _count(name: str, times: int = 1) -> None:
    """Adds to a metric of ours; the template's alarms watch it."""
    dimensions = {"service": logger.service}
    with single_metric(name=name, unit=MetricUnit.Count, value=times, default_dimensions=dimensions):
        pass


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """SQS records: a partial batch response. EventBridge's tick: how many runs each step of the sweep touched."""
    if "Records" in event:
        return dict(process_partial_response(event, _Burial().bury, processor, context))
    swept = sweeper.sweep()
    if swept.abandoned:
        _count("DeadLetters", swept.abandoned)
    return {"abandoned": swept.abandoned, "requeued": swept.requeued, "resent": swept.resent, "unsent": swept.unsent}
