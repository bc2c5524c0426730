"""The API over a store in memory, called as API Gateway calls it."""

import json
from typing import Any

from aws_lambda_powertools import Logger

from livecode.domain import RunLimits, SessionLimits
from livecode.ids import uuid7
from livecode_api.resolver import LiveCodeResolver
from livecode_api.routes import build_app
from livecode_api.service import ExecutionService
from tests.fakes import NOON, InMemoryExecutions, InMemorySessions, InMemoryStore, RecordingQueue


class Context:
    function_name = "ApiFunction"
    aws_request_id = "lambda-request"


class Api:
    """Calls the resolver as API Gateway does."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self.queue = RecordingQueue()
        self.dead_letters = RecordingQueue()
        self.app: LiveCodeResolver = build_app(
            ExecutionService(
                sessions=InMemorySessions(self.store),
                slots=self.store,
                executions=InMemoryExecutions(self.store),
                backlog=self.store,
                runtimes=self.store,
                queue=self.queue,
                dead_letters=self.dead_letters,
                new_id=uuid7,
                now=lambda: NOON,
                source_limit_bytes=262_144,
                run_limits=RunLimits(),
                logger=Logger(service="test", level="CRITICAL"),
            ),
            SessionLimits(),
        )

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str | None = "application/json",
        query: dict[str, str] | None = None,
        **event: Any,
    ) -> tuple[int, Any, dict[str, str]]:
        text = body if isinstance(body, str) or body is None else json.dumps(body)
        response = self.app.resolve(
            {
                "httpMethod": method,
                "path": path,
                "resource": path,
                "headers": {"Content-Type": content_type} if content_type else {},
                "multiValueHeaders": {},
                "queryStringParameters": query,
                "multiValueQueryStringParameters": {name: [value] for name, value in (query or {}).items()},
                "body": text,
                "isBase64Encoded": False,
                "requestContext": {"requestId": "gateway-request", "path": f"/Prod{path}", "stage": "Prod"},
                **event,
            },
            Context(),  # type: ignore[arg-type]
        )
        headers = {name.lower(): values[0] for name, values in response["multiValueHeaders"].items()}
        answer = response["body"]
        is_json = "json" in headers.get("content-type", "")
        return response["statusCode"], json.loads(answer) if answer and is_json else answer, headers

    def problem(self, *args: Any, **kwargs: Any) -> tuple[int, str]:
        """The status and code of an error, once its form is proved."""
        status, body, headers = self(*args, **kwargs)
        assert headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "code", "request_id"} <= set(body)
        assert body["status"] == status
        assert body["request_id"] == "gateway-request"
        return status, body["code"]

    def session(self, **body: str) -> str:
        status, answer, _ = self("POST", "/code-sessions", body)
        assert status == 201
        return str(answer["session_id"])
