"""MigrateFunction as CloudFormation calls it: whatever happens, an answer is put to the presigned address."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest

from livecode.errors import DatabaseUnavailable
from livecode_api.migrate import custom_resource
from tests.integration.test_handlers import Context, load


class Bucket(BaseHTTPRequestHandler):
    """Takes PUTs as S3 does with a presigned address: any other method or content type breaks the signature."""

    answers: ClassVar[list[dict[str, Any]]] = []
    failures_left: ClassVar[int] = 0

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Type"] or Bucket.failures_left:
            Bucket.failures_left -= 1
            self.send_error(503 if not self.headers["Content-Type"] else 403)
            return
        Bucket.answers.append({"path": self.path, **json.loads(body)})
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(autouse=True)
def _region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")  # Lambda says where a function is


@pytest.fixture
def address() -> Iterator[str]:
    Bucket.answers, Bucket.failures_left = [], 0
    server = HTTPServer(("127.0.0.1", 0), Bucket)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/answer?X-Amz-Signature=abc"
    server.shutdown()
    thread.join()
    server.server_close()


def request(address: str, kind: str) -> dict[str, Any]:
    return {
        "RequestType": kind,
        "ResponseURL": address,
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/livecode/1",
        "RequestId": "request",
        "LogicalResourceId": "DatabaseMigration",
        "ResourceType": "Custom::DatabaseMigration",
    }


class LongContext(Context):
    log_stream_name = "2026/11/25/[$LATEST]abc"

    def get_remaining_time_in_millis(self) -> int:
        return 900_000


class ShortContext(LongContext):
    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_a_deployment_migrates_and_says_so(
    address: str, database_url: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    handler = load("livecode_api.migrate.handler")
    assert handler.lambda_handler(request(address, kind), LongContext())["revision"] == "0001"
    (answer,) = Bucket.answers
    assert answer == {
        "path": "/answer?X-Amz-Signature=abc",
        "Status": "SUCCESS",
        "Data": {"Revision": "0001"},
        "PhysicalResourceId": "database-migration",
        "StackId": "arn:aws:cloudformation:us-east-1:123456789012:stack/livecode/1",
        "RequestId": "request",
        "LogicalResourceId": "DatabaseMigration",
    }


def test_a_database_that_never_answers_fails_the_deployment(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/none")
    handler = load("livecode_api.migrate.handler")
    with pytest.raises(DatabaseUnavailable):
        handler.lambda_handler(request(address, "Create"), ShortContext())
    (answer,) = Bucket.answers
    assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", "database-migration")
    assert answer["Reason"] == "DatabaseUnavailable; see the log stream 2026/11/25/[$LATEST]abc"
    assert "secret" not in json.dumps(answer)


def test_deleting_the_stack_drops_nothing(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    load("livecode_api.migrate.handler").lambda_handler(request(address, "Delete"), LongContext())
    assert [answer["Status"] for answer in Bucket.answers] == ["SUCCESS"]


def test_an_answer_that_is_not_taken_is_put_again(address: str) -> None:
    Bucket.failures_left = 2
    waits: list[float] = []
    custom_resource.answer(request(address, "Update"), dict, log_stream="stream", sleep=waits.append)
    assert [answer["Status"] for answer in Bucket.answers] == ["SUCCESS"]
    assert waits == [1, 2]
