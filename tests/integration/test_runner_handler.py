"""The runner's entry point in a process of its own: real Postgres, moto's SQS over HTTP, the real sandbox."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from sqlalchemy import Engine, make_url, text

from livecode import messages
from livecode.db.executions import PostgresExecutions
from livecode.db.runtimes import PostgresRuntimes
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.domain import SessionLimits, Status
from tests.integration.conftest import PROJECT

# Lambda's part: loads the handler, hands it the event of each line, and prints the answers.
HOST = """
import json, sys
from livecode_runner import handler
class Context:
    function_name = "RunnerFunction"
    memory_limit_in_mb = 2048
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:RunnerFunction"
    aws_request_id = "request"
    def get_remaining_time_in_millis(self): return 60_000
for line in sys.stdin:
    print("ANSWER", json.dumps(handler.lambda_handler(json.loads(line), Context())), flush=True)
"""


@pytest.fixture
def sqs() -> Iterator[dict[str, str]]:
    """Environment variables under which boto3 finds moto and the queue."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
    }
    client = boto3.client(
        "sqs",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    variables["EXECUTION_QUEUE_URL"] = client.create_queue(QueueName=f"queue-{uuid4().hex}")["QueueUrl"]
    yield variables
    client.close()
    server.stop()


def run_handler(
    records: list[dict[str, Any]], variables: dict[str, str], database_url: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The answer to one event of the queue, and the JSON lines that were logged."""
    return answer_event({"Records": records}, variables, database_url)


def answer_event(
    event: dict[str, Any], variables: dict[str, str], database_url: str
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    environment = {
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
        **variables,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(PROJECT / part) for part in ("functions/runner", "layers/runtimes/python")),
        "DATABASE_URL": database_url,
        "DATABASE_TIMEOUT_SECONDS": "5",
        "POWERTOOLS_SERVICE_NAME": "livecode-runner",
        "POWERTOOLS_METRICS_NAMESPACE": "LiveCode",
    }
    done = subprocess.run(
        [sys.executable, "-c", HOST],
        input=json.dumps(event) + "\n",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = done.stdout.splitlines()
    (answer,) = [line.removeprefix("ANSWER ") for line in lines if line.startswith("ANSWER ")]
    return json.loads(answer), [json.loads(line) for line in lines if line.startswith("{")]


def record(body: str, receive_count: int = 1) -> dict[str, Any]:
    return {
        "messageId": "message",
        "receiptHandle": "handle",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(receive_count)},
        "messageAttributes": {},
        "md5OfBody": "",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:queue",
        "awsRegion": "us-east-1",
    }


def queued(engine: Engine, source_code: str) -> UUID:
    session_id, execution_id = uuid4(), uuid4()
    PostgresSessions(engine, rate_limit_burst=10).create(session_id, language="python", source_code=source_code)
    PostgresSlots(engine, SessionLimits()).take(session_id, execution_id)
    return execution_id


def test_runs_a_message_s_program_and_logs_its_life(engine: Engine, database_url: str, sqs: dict[str, str]) -> None:
    execution_id = queued(engine, "print('a secret', 6 * 7)")
    answer, logs = run_handler([record(messages.encode(execution_id))], sqs, database_url)
    assert answer == {"batchItemFailures": []}
    execution = PostgresExecutions(engine).get(execution_id)
    assert execution.outcome is not None
    assert (execution.status, execution.outcome.stdout) == (Status.COMPLETED, "a secret 42\n")
    steps = [line for line in logs if line.get("execution_id") == str(execution_id)]
    assert [line["message"] for line in steps] == ["claimed", "finished"]
    assert all({"session_id", "attempt"} <= set(line) for line in steps)
    assert "a secret" not in json.dumps(logs)
    runtimes = PostgresRuntimes(engine)
    assert runtimes.versions()["python"].startswith("3.")
    assert runtimes.sandbox()["launcher"]


def test_refuses_to_run_code_without_a_required_layer(engine: Engine, database_url: str, sqs: dict[str, str]) -> None:
    execution_id = queued(engine, "print(1)")
    variables = {**sqs, "SANDBOX_REQUIRED": "launcher,moat"}
    answer, logs = run_handler([record(messages.encode(execution_id))], variables, database_url)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message"}]}
    assert PostgresExecutions(engine).get(execution_id).status is Status.QUEUED
    with engine.connect() as connection:
        events = connection.execute(text("SELECT event FROM execution_events ORDER BY id")).scalars().all()
    assert list(events) == ["queued", "claimed", "retried"]
    (start,) = [line for line in logs if line.get("message") == "sandbox"]
    assert (start["level"], start["missing"]) == ("ERROR", ["moat"])
    assert any(line.get("SandboxRefusals") == [1.0] for line in logs)


def test_starts_and_ends_runs_whatever_becomes_of_its_report(
    engine: Engine, database_url: str, sqs: dict[str, str]
) -> None:
    execution_id = queued(engine, "print(1)")
    with engine.connect() as connection:
        connection.execute(text("DROP TABLE language_runtimes, sandbox_layers"))
    answer, logs = run_handler([record(messages.encode(execution_id))], sqs, database_url)
    assert answer == {"batchItemFailures": []}
    assert PostgresExecutions(engine).get(execution_id).status is Status.COMPLETED
    assert [line["level"] for line in logs if line.get("message") == "not reported"] == ["WARNING"]


def test_starts_while_the_database_refuses_its_login(engine: Engine, database_url: str, sqs: dict[str, str]) -> None:
    execution_id = queued(engine, "print(1)")
    stranger = make_url(database_url).set(username="nobody_knows").render_as_string(hide_password=False)
    answer, logs = run_handler([record(messages.encode(execution_id))], sqs, stranger)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message"}]}
    assert PostgresExecutions(engine).get(execution_id).status is Status.QUEUED
    assert {"not reported", "retried"} <= {str(line.get("message")) for line in logs}


def test_throws_a_poison_message_away_and_counts_it(database_url: str, sqs: dict[str, str]) -> None:
    answer, logs = run_handler([record("not ours")], sqs, database_url)
    assert answer == {"batchItemFailures": []}
    assert any(line.get("PoisonMessages") == [1.0] for line in logs)


PROBE = {"probe": {"version": 1}}


def test_answers_a_probe_with_its_report(database_url: str, sqs: dict[str, str]) -> None:
    variables = {**sqs, "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-runner", "SANDBOX_REQUIRED": "launcher,moat"}
    answer, logs = answer_event(PROBE, variables, database_url)
    assert answer["layers"]["launcher"]
    # What is missing is what one asks for; so the probe runs where no stranger's program would.
    assert answer["missing_layers"] == ["moat"]
    for view in ("runner", "program"):
        assert "error" not in answer[view], answer[view]
        assert answer[view]["kernel"]["release"] == {"value": os.uname().release}
    # The values of the environment are long enough to be told from words that any report has.
    for secret in (variables["AWS_SECRET_ACCESS_KEY"], sqs["AWS_ENDPOINT_URL"], database_url):
        assert secret not in json.dumps(answer)
    (line,) = [line for line in logs if line.get("message") == "probed"]
    assert line["duration_ms"] == answer["duration_ms"] > 0


def test_refuses_a_probe_of_another_version(database_url: str, sqs: dict[str, str]) -> None:
    answer, _ = answer_event({"probe": {"version": 2}}, sqs, database_url)
    assert set(answer) == {"version", "error"}


def test_no_message_is_a_probe(database_url: str, sqs: dict[str, str]) -> None:
    answer, logs = run_handler([record(json.dumps(PROBE))], sqs, database_url)
    assert answer == {"batchItemFailures": []}
    assert any(line.get("PoisonMessages") == [1.0] for line in logs)
    assert not [line for line in logs if line.get("message") == "probed"]


def test_no_event_with_records_is_a_probe(database_url: str, sqs: dict[str, str]) -> None:
    answer, logs = answer_event({"Records": [record("not ours")], **PROBE}, sqs, database_url)
    assert answer == {"batchItemFailures": []}
    assert any(line.get("PoisonMessages") == [1.0] for line in logs)
    assert not [line for line in logs if line.get("message") == "probed"]
