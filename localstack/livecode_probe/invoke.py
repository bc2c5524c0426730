"""Invokes a runner with the event of a probe, by Lambda's Invoke, wherever that is answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from livecode_embedded.errors import StackError
from livecode_embedded.intrinsics import REGION

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

EVENT = {"probe": {"version": 1}}
# Longer than the function's own timeout, and one try: a probe that is lost is asked for anew by hand.
_CONFIG = Config(connect_timeout=5, read_timeout=120, retries={"total_max_attempts": 1})


def probe_function(name: str, *, local_endpoint_url: str | None = None) -> dict[str, Any]:
    """Asks a function, by name or ARN, for its report. Raises StackError in one line if there is none.

    On AWS with the environment's credentials and region, unless an ARN names one (AWS_ENDPOINT_URL is honoured); with
    `local_endpoint_url` an endpoint on this machine, which takes any.
    """
    try:
        client = _local(local_endpoint_url) if local_endpoint_url else _on_aws(_region_of(name))
        answer = client.invoke(FunctionName=name, Payload=json.dumps(EVENT).encode())
        payload = answer["Payload"].read()
    except (BotoCoreError, ClientError) as error:
        raise StackError(f"{name} cannot be invoked: {error}") from error
    return read_report(payload, failed="FunctionError" in answer)


def _on_aws(region: str | None) -> LambdaClient:
    return boto3.client("lambda", config=_CONFIG, region_name=region)


def _region_of(name: str) -> str | None:
    """Returns the region that an ARN names, `arn:aws:lambda:REGION:ACCOUNT:function:NAME`; None for a name."""
    parts = name.split(":")
    return parts[3] if parts[0] == "arn" and len(parts) > 3 else None


def _local(endpoint_url: str) -> LambdaClient:
    return boto3.client(
        "lambda",
        config=_CONFIG,
        endpoint_url=endpoint_url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def read_report(payload: bytes, *, failed: bool = False) -> dict[str, Any]:
    """Raises StackError if it is none: the function failed, or knows no probe."""
    try:
        report = json.loads(payload)
    except ValueError:
        report = None
    if not isinstance(report, dict) or failed:
        said = report.get("errorMessage", report) if isinstance(report, dict) else payload.decode(errors="replace")
        raise StackError(f"The function failed: {said}")
    if "error" in report:
        raise StackError(f"The runner refuses: {report['error']}")
    if not {"layers", "runner", "program"} <= report.keys():
        raise StackError("The function's answer is no report; is it a RunnerFunction that knows the probe?")
    return report
