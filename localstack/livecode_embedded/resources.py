"""Reads single resources of the resolved template into values, and refuses what has no meaning here."""

import re
from typing import Any

import yaml

from livecode_embedded.errors import UnsupportedTemplate
from livecode_embedded.specs import MappingSpec, QueueSpec, RestApiSpec, ScheduleSpec


def check_parameter(name: str, value: str, row: dict[str, Any]) -> None:
    """Checks a parameter as CloudFormation does, so that what starts here also deploys."""
    allowed = [str(item) for item in row.get("AllowedValues", [])]
    if allowed and value not in allowed:
        raise UnsupportedTemplate(f"The template's parameter {name} must be one of {', '.join(allowed)}.")
    if "AllowedPattern" in row and not re.fullmatch(row["AllowedPattern"], value):
        raise UnsupportedTemplate(f"The template's parameter {name} must match {row['AllowedPattern']}.")
    if row.get("Type") != "Number":
        return
    try:
        number = float(value)
    except ValueError as error:
        raise UnsupportedTemplate(f"The template's parameter {name} must be a number.") from error
    if not float(row.get("MinValue", number)) <= number <= float(row.get("MaxValue", number)):
        limits = f"{row.get('MinValue', 'any')} and {row.get('MaxValue', 'any')}"
        raise UnsupportedTemplate(f"The template's parameter {name} must lie between {limits}.")


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def read_queue(name: str, properties: dict[str, Any]) -> QueueSpec:
    if properties.get("FifoQueue"):
        raise UnsupportedTemplate(f"The embedded stack has no FIFO queues ({name}).")
    redrive = properties.get("RedrivePolicy")
    return QueueSpec(
        name=name,
        visibility_timeout_seconds=int(properties.get("VisibilityTimeout", 30)),
        retention_seconds=int(properties.get("MessageRetentionPeriod", 345600)),
        delay_seconds=int(properties.get("DelaySeconds", 0)),
        receive_wait_seconds=int(properties.get("ReceiveMessageWaitTimeSeconds", 0)),
        maximum_message_bytes=int(properties.get("MaximumMessageSize", 1048576)),
        dead_letter_queue=_name(redrive["deadLetterTargetArn"]) if redrive else None,
        maximum_receive_count=int(redrive["maxReceiveCount"]) if redrive else None,
    )


def read_mapping(properties: dict[str, Any]) -> MappingSpec:
    for unsupported in ("FilterCriteria", "MaximumBatchingWindowInSeconds", "ProvisionedPollerConfig"):
        if properties.get(unsupported):
            raise UnsupportedTemplate(f"The embedded stack's event source mappings have no {unsupported}.")
    concurrency = properties.get("ScalingConfig", {}).get("MaximumConcurrency")
    return MappingSpec(
        queue=_name(properties["EventSourceArn"]),
        function=_name(properties["FunctionName"]),
        batch_size=int(properties.get("BatchSize", 10)),
        maximum_concurrency=int(concurrency) if concurrency is not None else None,
        report_batch_item_failures="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", []),
    )


_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}


def read_schedules(name: str, properties: dict[str, Any]) -> list[ScheduleSpec]:
    if properties.get("State") == "DISABLED":
        return []
    match = _RATE.fullmatch(properties.get("ScheduleExpression", ""))
    if not match:
        raise UnsupportedTemplate(f"The embedded stack knows rate(...) schedules only ({name}).")
    return [
        ScheduleSpec(
            name=name,
            function=_name(target["Arn"]),
            interval_seconds=int(match[1]) * _SECONDS[match[2]],
            event=yaml.safe_load(target["Input"]) if "Input" in target else None,
        )
        for target in properties["Targets"]
    ]


def read_rest_api(of_type: dict[str, dict[str, Any]]) -> RestApiSpec | None:
    apis = of_type.get("AWS::ApiGateway::RestApi", {})
    if len(apis) > 1:
        raise UnsupportedTemplate("The embedded stack serves one REST API; the template has several.")
    for name, properties in apis.items():
        stage = next(iter(of_type["AWS::ApiGateway::Stage"].values()))
        return RestApiSpec(
            name=name, stage=stage["StageName"], stage_variables=stage.get("Variables"), body=properties["Body"]
        )
    return None
