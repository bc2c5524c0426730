"""RunnerFunction's entry point: reads the environment, prepares the sandbox, and handles the queue's records."""

import os
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger, single_metric
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.signers import generate_db_auth_token

from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings, RunLimitSettings
from livecode.db.engine import configured_engine
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.domain import Outcome
from livecode.errors import DatabaseUnavailable
from livecode.languages import Language
from livecode.logs import log_from, quieten_libraries
from livecode_runner.config import SandboxSettings
from livecode_runner.execute import SandboxFailed, execute, installed_versions
from livecode_runner.records import Record, RecordHandler
from livecode_runner.sandbox import Sandbox
from livecode_runner.visibility import CLIENT_CONFIG, SqsVisibility

logger = Logger()
quieten_libraries()
log_from(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO"))
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

_sandbox_settings = SandboxSettings.from_environment(os.environ)
# Before anything else: from here on no program can read what this process holds.
sandbox = Sandbox.prepare(path=_sandbox_settings.sandbox_path)
_missing_layers = sandbox.missing(_sandbox_settings.required_layers)
_layers = sorted(layer for layer, is_on in sandbox.layers.items() if is_on)
if _missing_layers:
    logger.error("sandbox", layers=_layers, missing=_missing_layers)
else:
    logger.info("sandbox", layers=_layers)

_database = DatabaseSettings.from_environment(os.environ)
_queues = QueueSettings.from_environment(os.environ)
_delivery = DeliverySettings.from_environment(os.environ)
_limits = RunLimitSettings.from_environment(os.environ).run_limits
_sqs = boto3.client("sqs", config=CLIENT_CONFIG)
_engine = configured_engine(
    _database,
    get_secret=parameters.get_secret,
    get_token=partial(generate_db_auth_token, _sqs),  # any client can sign, and RDS's own takes long to load
    application_name="livecode-runner",
)


def _report() -> None:
    """Tells GET /languages and GET /health/workers what this runner has."""
    runtimes = PostgresRuntimes(_engine)
    try:
        runtimes.report_sandbox({str(layer): is_on for layer, is_on in sandbox.layers.items()})
        runtimes.report(installed_versions(sandbox))
    except DatabaseUnavailable:
        logger.warning("not reported")  # the next cold start does it


def _handle(record: SQSRecord) -> None:
    context: LambdaContext = processor.lambda_context

    def run(language: Language, source_code: str) -> Outcome:
        if _missing_layers:
            _count("SandboxRefusals")
            raise SandboxFailed(f"required sandbox layers are missing: {', '.join(_missing_layers)}")
        return execute(
            language,
            source_code,
            _limits,
            sandbox,
            time_left_seconds=lambda: context.get_remaining_time_in_millis() / 1000,
        )

    RecordHandler(
        executions=PostgresExecutions(_engine),
        visibility=SqsVisibility(_sqs, _queues.execution_queue_url),
        run=run,
        lease_seconds=_delivery.lease_seconds,
        max_attempts=_delivery.max_attempts,
        logger=logger,
        count_poison=lambda: _count("PoisonMessages"),
    ).handle(
        Record(
            body=record.body,
            receipt_handle=record.receipt_handle,
            receive_count=int(record.attributes.approximate_receive_count),
        )
    )


_report()


def _count(name: str) -> None:
    """Adds one to a metric of ours; the template's alarms watch it."""
    dimensions = {"service": logger.service}
    with single_metric(name=name, unit=MetricUnit.Count, value=1, default_dimensions=dimensions):
        pass


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """SQS records in, a partial batch response out."""
    return dict(process_partial_response(event, _handle, processor, context))
