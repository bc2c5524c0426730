"""RunnerFunction's entry point: prepares the sandbox from the environment, and handles the queue's records."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config

from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings, RunLimitSettings
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.domain import Outcome, RunLimits
from livecode.languages import Language
from livecode_aws.database import make_database_engine
from livecode_aws.logs import make_logger
from livecode_aws.metrics import count_metric
from livecode_aws.visibility import SqsVisibility
from livecode_runner.config import SandboxSettings
from livecode_runner.ending import end_before_next_event
from livecode_runner.execute import execute, installed_versions
from livecode_runner.probe import is_probe, probe_environment
from livecode_runner.records import EnvironmentRefuses, Record, RecordHandler
from livecode_runner.report import Report
from livecode_runner.sandbox import Sandbox

_CLIENT_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
# A claim may wait for the database as long as the program still gets all its time, and a little for ourselves.
_PATIENCE_SECONDS, _OWN_SECONDS = 10.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Runner:
    """All that the function is made of. Once `broken`, this environment runs no further program."""

    sandbox: Sandbox
    missing_layers: tuple[str, ...]
    limits: RunLimits
    delivery: DeliverySettings
    executions: PostgresExecutions
    visibility: SqsVisibility
    report: Report
    runtime_api: str
    processor: BatchProcessor
    logger: Logger
    broken: threading.Event = field(default_factory=threading.Event)

    def handle_records(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Runs what the records name; returns a partial batch response."""
        handle = partial(self._handle_record, context=context)
        answer = dict(process_partial_response(event, handle, self.processor, context))
        if self.broken.is_set():
            self.logger.error("environment ends")
            end_before_next_event()
        else:
            self.report.send()
        return answer

    def probe(self, event: dict[str, Any]) -> dict[str, Any]:
        """Reports what this environment really allows."""
        found = probe_environment(
            event, self.sandbox, self.limits, runtime_api=self.runtime_api, missing=self.missing_layers
        )
        self.logger.info("probed", refused=found.refused, duration_ms=found.duration_ms)
        return found.as_json()

    def _handle_record(self, record: SQSRecord, *, context: LambdaContext) -> None:
        def time_left_seconds() -> float:
            return context.get_remaining_time_in_millis() / 1000

        def run(language: Language, source_code: str) -> Outcome:
            if self.missing_layers:
                self._count("SandboxRefusals")
                self.broken.set()
                raise EnvironmentRefuses(f"required sandbox layers are missing: {', '.join(self.missing_layers)}")
            return execute(
                language,
                source_code,
                self.limits,
                self.sandbox,
                time_left_seconds=time_left_seconds,
                on_broken=self.broken.set,
            )

        needed_seconds = self.limits.compile_wall_time_seconds + self.limits.run_wall_time_seconds + _OWN_SECONDS
        handler = RecordHandler(
            executions=self.executions,
            visibility=self.visibility,
            run=run,
            lease_seconds=self.delivery.lease_seconds,
            max_attempts=self.delivery.max_attempts,
            logger=self.logger,
            count_poison=partial(self._count, "PoisonMessages"),
            patience_seconds=lambda: min(_PATIENCE_SECONDS, time_left_seconds() - needed_seconds),
        )
        delivery = Record(
            body=record.body,
            receipt_handle=record.receipt_handle,
            receive_count=int(record.attributes.approximate_receive_count),
        )
        if self.broken.is_set():  # the process should have ended; what it is given now is for another one
            handler.refuse(delivery)
        handler.handle(delivery)

    def _count(self, name: str) -> None:
        count_metric(name, service=self.logger.service)


def build(environment: Mapping[str, str]) -> Runner:
    """Makes the function from its environment: prepares the sandbox first, and reports what it found last."""
    logger = make_logger(environment)
    settings = SandboxSettings.from_environment(environment)
    # Before anything else: from here on no program can read what this process holds.
    sandbox = Sandbox.prepare(path=settings.sandbox_path)
    missing = sandbox.missing(settings.required_layers)
    layers = sorted(layer for layer, is_on in sandbox.layers.items() if is_on)
    if missing:
        logger.error("sandbox", layers=layers, missing=missing)
    else:
        logger.info("sandbox", layers=layers)
    sqs = boto3.client("sqs", config=_CLIENT_CONFIG)
    engine = make_database_engine(
        DatabaseSettings.from_environment(environment),
        signer=sqs,
        config=_CLIENT_CONFIG,
        application_name="livecode-runner",
    )
    report = Report(
        runtimes=PostgresRuntimes(engine),
        layers={str(layer): is_on for layer, is_on in sandbox.layers.items()},
        versions=partial(installed_versions, sandbox),
        logger=logger,
    )
    report.send()
    return Runner(
        sandbox=sandbox,
        missing_layers=missing,
        limits=RunLimitSettings.from_environment(environment).run_limits,
        delivery=DeliverySettings.from_environment(environment),
        executions=PostgresExecutions(engine),
        visibility=SqsVisibility(sqs, QueueSettings.from_environment(environment).execution_queue_url),
        report=report,
        runtime_api=environment.get("AWS_LAMBDA_RUNTIME_API", ""),
        processor=BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False),
        logger=logger,
    )


runner = build(os.environ)


@runner.logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answers SQS records with a partial batch response, and the event of a probe with its report."""
    return runner.probe(event) if is_probe(event) else runner.handle_records(event, context)
