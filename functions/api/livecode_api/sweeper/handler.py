"""SweeperFunction's entry point: sweeps at each tick of EventBridge, and consumes the dead-letter queue."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.typing import LambdaContext

from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings
from livecode.db.executions import PostgresExecutions
from livecode.db.upkeep import PostgresUpkeep
from livecode_api.queue import CLIENT_CONFIG, SqsQueue
from livecode_api.sweeper.batch import DeadLetterBatch
from livecode_api.sweeper.dead_letters import DeadLetters
from livecode_api.sweeper.sweep import Sweeper
from livecode_aws.database import make_database_engine
from livecode_aws.logs import make_logger
from livecode_aws.metrics import count_metric
from livecode_aws.visibility import SqsVisibility


@dataclass(frozen=True, kw_only=True)
class Upkeep:
    """All that the function is made of."""

    sweeper: Sweeper
    dead_letters: DeadLetters
    visibility: SqsVisibility
    processor: BatchProcessor
    logger: Logger

    def sweep(self) -> dict[str, Any]:
        """Sweeps once; returns how many runs each step touched."""
        swept = self.sweeper.sweep()
        if swept.abandoned:
            self.count_dead_letters(swept.abandoned)
        return {
            "abandoned": swept.abandoned,
            "requeued": swept.requeued,
            "resent": swept.resent,
            "unsent": swept.unsent,
        }

    def consume(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Consumes the dead letters of an event; returns a partial batch response."""
        batch = DeadLetterBatch(
            dead_letters=self.dead_letters,
            visibility=self.visibility,
            count_given_up=partial(self.count_dead_letters, 1),
        )
        return dict(process_partial_response(event, batch.consume, self.processor, context))

    def count_dead_letters(self, times: int) -> None:
        count_metric("DeadLetters", times, service=self.logger.service)


def build(environment: Mapping[str, str]) -> Upkeep:
    """Makes the function from its environment; nothing is connected yet."""
    logger = make_logger(environment)
    queues = QueueSettings.from_environment(environment)
    delivery = DeliverySettings.from_environment(environment)
    sqs = boto3.client("sqs", config=CLIENT_CONFIG)
    engine = make_database_engine(
        DatabaseSettings.from_environment(environment),
        signer=sqs,
        config=CLIENT_CONFIG,
        application_name="livecode-sweeper",
    )
    queue = SqsQueue(sqs, queues.execution_queue_url)
    dead_letter_queue_url = str(queues.execution_dead_letter_queue_url)
    return Upkeep(
        sweeper=Sweeper(
            upkeep=PostgresUpkeep(engine),
            queue=queue,
            dead_letters=SqsQueue(sqs, dead_letter_queue_url),
            max_attempts=delivery.max_attempts,
            resend_after_seconds=delivery.resend_after_seconds,
            logger=logger,
        ),
        dead_letters=DeadLetters(
            executions=PostgresExecutions(engine),
            queue=queue,
            max_attempts=delivery.max_attempts,
            give_up_after_seconds=delivery.give_up_after_seconds,
            logger=logger,
        ),
        visibility=SqsVisibility(sqs, dead_letter_queue_url),
        processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        logger=logger,
    )


upkeep = build(os.environ)


@upkeep.logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers SQS records with a partial batch response, and EventBridge's tick with the numbers of a sweep."""
    return upkeep.consume(event, context) if "Records" in event else upkeep.sweep()
