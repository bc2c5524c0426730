"""RunnerFunction's entry point: reads the environment, prepares the sandbox, and handles the queue's records."""

import os
import threading
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
from livecode.languages import Language
from livecode.logs import log_from, quieten_libraries
from livecode_runner.config import SandboxSettings
from livecode_runner.ending import end_before_next_event
from livecode_runner.execute import execute, installed_versions
from livecode_runner.probe import is_probe, probe_environment
from livecode_runner.records import EnvironmentRefuses, Record, RecordHandler
from livecode_runner.report import Report
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
    get_secret=lambda arn: parameters.SecretsProvider(boto_config=CLIENT_CONFIG).get(arn),
    get_token=partial(generate_db_auth_token, _sqs),  # any client can sign, and RDS's own takes long to load
    application_name="livecode-runner",
)


report = Report(
    runtimes=PostgresRuntimes(_engine),
    layers={str(layer): is_on for layer, is_on in sandbox.layers.items()},
    versions=partial(installed_versions, sandbox),
    logger=logger,
)
report.send()
# A claim may wait for the database as long as the program still gets all its time, and a little for ourselves.
_needed_seconds = _limits.compile_wall_time_seconds + _limits.run_wall_time_seconds + 5
_PATIENCE_SECONDS = 10.0
_broken = threading.Event()


def _handle(record: SQSRecord) -> None:
    context: LambdaContext = processor.lambda_context

    def run(language: Language, source_code: str) -> Outcome:
        if _missing_layers:
            _count("SandboxRefusals")
            _broken.set()
            raise EnvironmentRefuses(f"required sandbox layers are missing: {', '.join(_missing_layers)}")
        return execute(
            language, source_code, _limits, sandbox, time_left_seconds=time_left_seconds, on_broken=_broken.set
        )

    def time_left_seconds() -> float:
        return context.get_remaining_time_in_millis() / 1000

    handler = RecordHandler(
        executions=PostgresExecutions(_engine),
        visibility=SqsVisibility(_sqs, _queues.execution_queue_url),
        run=run,
        lease_seconds=_delivery.lease_seconds,
        max_attempts=_delivery.max_attempts,
        logger=logger,
        count_poison=lambda: _count("PoisonMessages"),
        patience_seconds=lambda: min(_PATIENCE_SECONDS, time_left_seconds() - _needed_seconds),
    )
    delivery = Record(
        body=record.body,
        receipt_handle=record.receipt_handle,
        receive_count=int(record.attributes.approximate_receive_count),
    )
    if _broken.is_set():  # the process should have ended; what it is given now is for another one
        handler.refuse(delivery)
    handler.handle(delivery)


def _count(name: str) -> None:
    """Adds one to a metric of ours; the template's alarms watch it."""
    dimensions = {"service": logger.service}
    with single_metric(name=name, unit=MetricUnit.Count, value=1, default_dimensions=dimensions):
        pass


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """SQS records in, a partial batch response out; or the event of a probe in, and its report out."""
    if is_probe(event):
        runtime_api = os.environ.get("AWS_LAMBDA_RUNTIME_API", "")
        found = probe_environment(event, sandbox, _limits, runtime_api=runtime_api, missing=_missing_layers)
        logger.info("probed", refused=found.refused, duration_ms=found.duration_ms)
        return found.as_json()
    answer = dict(process_partial_response(event, _handle, processor, context))
    if _broken.is_set():
        logger.error("environment ends")
        end_before_next_event()
    else:
        report.send()
    return answer
