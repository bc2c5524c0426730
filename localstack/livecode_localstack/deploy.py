"""Deploys a packaged template into a running LocalStack by CloudFormation, as `sam deploy` does on AWS."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from livecode_embedded.errors import StackError
from livecode_embedded.intrinsics import REGION, STACK_NAME
from livecode_localstack.package import Package, as_text

BUCKET = "livecode-deployments"
_MIGRATE_FUNCTION = "MigrateFunction"
_WAIT_SECONDS = 1
_WAIT_ATTEMPTS = 180


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Where everything is: `resources` has the physical name of each logical id."""

    api_url: str
    resources: Mapping[str, str]


class Deployer:
    def __init__(self, endpoint_url: str) -> None:
        self._endpoint_url = endpoint_url
        # LocalStack takes any credentials, and account 000000000000 for those that are no account number.
        aws: dict[str, Any] = {
            "endpoint_url": endpoint_url,
            "region_name": REGION,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "config": Config(retries={"max_attempts": 1}, read_timeout=330, s3={"addressing_style": "path"}),
        }
        self._cloudformation = boto3.client("cloudformation", **aws)
        self._lambda = boto3.client("lambda", **aws)
        self._s3 = boto3.client("s3", **aws)

    def deploy(self, package: Package, parameters: Mapping[str, str]) -> Deployment:
        """Creates or updates the stack and brings the database to its newest migration; raises StackError."""
        try:
            template_url = self._upload(package)
            self._execute_change_set(template_url, parameters, known=package.template.get("Parameters", {}))
            deployment = self._describe()
            self._migrate(deployment.resources[_MIGRATE_FUNCTION])
        except (BotoCoreError, ClientError) as error:
            raise StackError(f"LocalStack at {self._endpoint_url} refuses: {error}") from error
        return deployment

    def _upload(self, package: Package) -> str:
        self._s3.create_bucket(Bucket=BUCKET)
        for key, archive in package.archives.items():
            self._s3.put_object(Bucket=BUCKET, Key=key, Body=archive)
        # A template over 51,200 bytes must come from S3.
        self._s3.put_object(Bucket=BUCKET, Key="template.json", Body=as_text(package.template).encode())
        return f"{self._endpoint_url}/{BUCKET}/template.json"

    def _execute_change_set(self, template_url: str, parameters: Mapping[str, str], *, known: Collection[str]) -> None:
        before = self._parameters()
        exists = before is not None
        given = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        # An update says nothing new of the others, as `sam deploy` does.
        kept = [name for name in before or () if name in known and name not in parameters]
        change_set = self._cloudformation.create_change_set(
            StackName=STACK_NAME,
            ChangeSetName="deploy",
            ChangeSetType="UPDATE" if exists else "CREATE",
            TemplateURL=template_url,
            Parameters=[*given, *({"ParameterKey": name, "UsePreviousValue": True} for name in kept)],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )["Id"]
        try:
            self._wait("change_set_create_complete", ChangeSetName=change_set)
        except WaiterError as error:
            answer = self._cloudformation.describe_change_set(ChangeSetName=change_set)
            if not exists or answer.get("Changes"):
                raise StackError(f"The template is refused: {answer.get('StatusReason', error)}") from error
            return  # nothing has changed
        self._cloudformation.execute_change_set(ChangeSetName=change_set)
        try:
            self._wait(f"stack_{'update' if exists else 'create'}_complete", StackName=STACK_NAME)
        except WaiterError as error:
            raise StackError(f"The deployment failed: {self._first_failure()}") from error

    def _parameters(self) -> list[str] | None:
        """Returns the parameters of the deployed stack; None if there is none."""
        try:
            [stack] = self._cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
        except ClientError:
            return None
        return [row["ParameterKey"] for row in stack.get("Parameters", [])]

    def _wait(self, waiter: str, **what: str) -> None:
        settings = {"Delay": _WAIT_SECONDS, "MaxAttempts": _WAIT_ATTEMPTS}
        self._cloudformation.get_waiter(waiter).wait(**what, WaiterConfig=settings)

    def _first_failure(self) -> str:
        events = self._cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
        failed = [event for event in reversed(events) if event["ResourceStatus"].endswith("_FAILED")]
        if not failed:
            return "no reason given"
        return f"{failed[0]['LogicalResourceId']}: {failed[0].get('ResourceStatusReason', 'no reason given')}"

    def _describe(self) -> Deployment:
        [stack] = self._cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"]
        outputs = {row["OutputKey"]: row["OutputValue"] for row in stack["Outputs"]}
        rows = self._cloudformation.describe_stack_resources(StackName=STACK_NAME)["StackResources"]
        return Deployment(
            # The template knows the port that LocalStack has by default.
            api_url=self._endpoint_url + urlsplit(outputs["ApiUrl"]).path,
            resources={row["LogicalResourceId"]: row["PhysicalResourceId"] for row in rows},
        )

    def _migrate(self, function_name: str) -> None:
        answer = self._lambda.invoke(FunctionName=function_name, Payload=b"{}")
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            error = json.loads(payload)
            raise StackError(f"{_MIGRATE_FUNCTION} failed: {error.get('errorType')}: {error.get('errorMessage')}")
