"""The zip functions' entry points as Lambda loads them: settings from the environment, real Postgres, moto's SQS."""

import importlib
import json
import os
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.signers import generate_db_auth_token
from moto import mock_aws
from sqlalchemy import Engine, text

from livecode import messages


class Context:
    function_name = "Function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:Function"
    aws_request_id = "request"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


@pytest.fixture
def queue_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        sqs = boto3.client("sqs")
        queue_url: str = sqs.create_queue(QueueName="queue")["QueueUrl"]
        monkeypatch.setenv("EXECUTION_QUEUE_URL", queue_url)
        dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
        monkeypatch.setenv("EXECUTION_DEAD_LETTER_QUEUE_URL", dead)
        monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "LiveCode")
        monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "livecode-test")
        yield queue_url


def load(name: str) -> ModuleType:
    """The module as a cold start has it."""
    sys.modules.pop(name, None)
    return importlib.import_module(name)


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def call(handler: ModuleType, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    response = handler.lambda_handler(
        {
            "httpMethod": method,
            "path": path,
            "resource": path,
            "headers": {"content-type": "application/json"},
            "multiValueHeaders": {},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
            "body": json.dumps(body) if body is not None else None,
            "isBase64Encoded": False,
            "requestContext": {"requestId": "request", "path": path, "stage": "Prod"},
        },
        Context(),
    )
    return response["statusCode"], json.loads(response["body"]) if response["body"] else None


def test_a_run_is_stored_then_sent(
    database: None, queue_url: str, engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    api = load("livecode_api.handler")
    _, session = call(api, "POST", "/code-sessions", {"source_code": "print('a secret')"})
    status, run = call(api, "POST", f"/code-sessions/{session['session_id']}/run")
    assert status == 202
    (message,) = boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    assert str(messages.decode(message["Body"]).execution_id) == run["execution_id"]
    assert call(api, "GET", f"/executions/{run['execution_id']}")[1]["status"] == "QUEUED"
    assert call(api, "GET", "/health/queue")[1]["in_flight"] == 1
    logs = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]
    (queued,) = [line for line in logs if line["message"] == "queued"]
    assert queued["execution_id"] == run["execution_id"]
    assert (queued["session_id"], queued["attempt"]) == (session["session_id"], 0)
    assert "a secret" not in json.dumps(logs)


def test_a_queue_that_is_gone_leaves_no_row(database: None, queue_url: str, engine: Engine) -> None:
    api = load("livecode_api.handler")
    _, session = call(api, "POST", "/code-sessions")
    boto3.client("sqs").delete_queue(QueueUrl=queue_url)
    status, problem = call(api, "POST", f"/code-sessions/{session['session_id']}/run")
    assert (status, problem["code"]) == (503, "QUEUE_UNAVAILABLE")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM executions")).scalar_one() == 0
        assert connection.execute(text("SELECT execution_count FROM code_sessions")).scalar_one() == 0
    assert call(api, "GET", "/health/queue")[1]["code"] == "QUEUE_UNAVAILABLE"


def test_the_sweeper_re_sends_a_lost_message(database: None, queue_url: str, engine: Engine) -> None:
    api, sweeper = load("livecode_api.handler"), load("livecode_api.sweeper.handler")
    _, session = call(api, "POST", "/code-sessions")
    call(api, "POST", f"/code-sessions/{session['session_id']}/run")
    sqs = boto3.client("sqs")
    sqs.purge_queue(QueueUrl=queue_url)
    assert sweeper.lambda_handler({"source": "aws.events"}, Context())["resent"] == 0
    with engine.connect() as connection:
        connection.execute(text("UPDATE executions SET sent_at = now() - interval '61 seconds'"))
    assert sweeper.lambda_handler({"source": "aws.events"}, Context())["resent"] == 1
    assert sweeper.lambda_handler({"source": "aws.events"}, Context())["resent"] == 0
    assert len(sqs.receive_message(QueueUrl=queue_url)["Messages"]) == 1


def dead_letter(execution_id: str) -> dict[str, Any]:
    record = {"messageId": execution_id, "receiptHandle": "r", "eventSource": "aws:sqs", "attributes": {}}
    return {**record, "body": f'{{"version":1,"execution_id":"{execution_id}"}}'}


def counted(capfd: pytest.CaptureFixture[str]) -> bool:
    return '"DeadLetters":[1.0]' in capfd.readouterr().out.replace(" ", "")


def new_run(api: ModuleType) -> str:
    _, session = call(api, "POST", "/code-sessions")
    _, run = call(api, "POST", f"/code-sessions/{session['session_id']}/run")
    return str(run["execution_id"])


def test_a_dead_letter_whose_attempts_are_used_is_told_to_its_client_and_counted(
    database: None, queue_url: str, engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    api, sweeper = load("livecode_api.handler"), load("livecode_api.sweeper.handler")
    execution_id = new_run(api)
    with engine.connect() as connection:
        connection.execute(text("UPDATE executions SET attempt = 4"))
    answer = sweeper.lambda_handler({"Records": [dead_letter(execution_id)]}, Context())
    assert answer == {"batchItemFailures": []}
    _, execution = call(api, "GET", f"/executions/{execution_id}")
    assert (execution["status"], execution["reason"]) == ("FAILED", "INTERNAL_ERROR")
    assert counted(capfd)
    # The same once more: it has ended, and is nothing to be alarmed about.
    assert sweeper.lambda_handler({"Records": [dead_letter(execution_id)]}, Context()) == {"batchItemFailures": []}
    assert not counted(capfd)


def test_a_dead_letter_with_attempts_left_is_sent_again_and_not_counted(
    database: None, queue_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    api, sweeper = load("livecode_api.handler"), load("livecode_api.sweeper.handler")
    execution_id, sqs = new_run(api), boto3.client("sqs")
    sqs.purge_queue(QueueUrl=queue_url)
    assert sweeper.lambda_handler({"Records": [dead_letter(execution_id)]}, Context()) == {"batchItemFailures": []}
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert str(messages.decode(message["Body"]).execution_id) == execution_id
    assert call(api, "GET", f"/executions/{execution_id}")[1]["status"] == "QUEUED"
    assert not counted(capfd)


def test_what_the_sweeper_gives_up_is_counted_like_a_dead_letter(
    database: None, queue_url: str, engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    api, sweeper = load("livecode_api.handler"), load("livecode_api.sweeper.handler")
    new_run(api)
    with engine.connect() as connection:
        connection.execute(text("UPDATE executions SET status = 'RUNNING', attempt = 4, lease_until = now()"))
    assert sweeper.lambda_handler({"source": "aws.events"}, Context())["abandoned"] == 1
    assert counted(capfd)


def test_dead_letters_wait_for_a_database_that_is_away(queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first is tried, and all come back: a batch of timeouts would outlive the function."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/livecode")
    sqs, dead = boto3.client("sqs"), os.environ["EXECUTION_DEAD_LETTER_QUEUE_URL"]
    for number in range(3):
        sqs.send_message(QueueUrl=dead, MessageBody=messages.encode(UUID(int=number)))
    received = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10)["Messages"]
    records = [
        {**dead_letter("x"), "messageId": each["MessageId"], "receiptHandle": each["ReceiptHandle"],
         "body": each["Body"]}
        for each in received
    ]  # fmt: skip
    answer = load("livecode_api.sweeper.handler").lambda_handler({"Records": records}, Context())
    assert {item["itemIdentifier"] for item in answer["batchItemFailures"]} == {each["MessageId"] for each in received}
    attributes = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "3"


def test_migrating_a_migrated_database_says_where_it_is(database: None, queue_url: str) -> None:
    answer = load("livecode_api.migrate.handler").lambda_handler({}, Context())
    assert (answer["revision"], answer["newer"]) == ("0001", False)


def test_the_database_may_be_a_secret(queue_url: str, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    secret = {"host": "127.0.0.1", "port": 1, "username": "u", "password": "p", "dbname": "livecode"}
    arn = boto3.client("secretsmanager").create_secret(Name="database", SecretString=json.dumps(secret))["ARN"]
    monkeypatch.setenv("DATABASE_SECRET_ARN", arn)
    status, problem = call(load("livecode_api.handler"), "GET", "/health/database")
    assert (status, problem["code"]) == (503, "DATABASE_UNAVAILABLE")


def test_the_database_may_know_the_function_by_its_role(queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each new connection has a token of its own: one ends after 15 minutes, and SnapStart wakes hours later."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_HOST", "127.0.0.1")
    monkeypatch.setenv("DATABASE_PORT", "1")
    monkeypatch.setenv("DATABASE_USER", "livecode_api_iam")
    tokens: list[str] = []

    def keep(*arguments: object, **named: object) -> str:
        tokens.append(generate_db_auth_token(*arguments, **named))
        return tokens[-1]

    monkeypatch.setattr("livecode_aws.database.generate_db_auth_token", keep)
    api = load("livecode_api.handler")
    assert tokens == []
    for _ in range(2):
        status, problem = call(api, "GET", "/health/database")
        assert (status, problem["code"]) == (503, "DATABASE_UNAVAILABLE")
    assert len(tokens) == 2
    assert all(token.startswith("127.0.0.1:1/?Action=connect&DBUser=livecode_api_iam&") for token in tokens)
    assert all("X-Amz-Expires=900" in token and "%2Frds-db%2Faws4_request" in token for token in tokens)
