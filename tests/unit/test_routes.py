"""The HTTP contract over a store in memory: statuses, bodies, headers and error codes."""

import json
import re
from typing import Any
from urllib.parse import urljoin
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools import Logger

from livecode.domain import Outcome, Reason, RunLimits, SessionLimits, Status
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


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.mark.parametrize("body", [None, "", " ", "{}", '{"language":"python","source_code":""}'])
def test_creates_a_session_with_defaults(api: Api, body: str | None) -> None:
    status, answer, headers = api("POST", "/code-sessions", body)
    assert (status, answer["status"]) == (201, "ACTIVE")
    assert headers["location"] == f"/Prod/code-sessions/{answer['session_id']}"
    _, session, _ = api("GET", f"/code-sessions/{answer['session_id']}")
    assert (session["language"], session["source_code"]) == ("python", "")
    assert session["created_at"] == session["updated_at"] == "2026-01-31T12:00:00.250000Z"


@pytest.mark.parametrize(
    ("alias", "name"),
    [("py", "python"), ("js", "javascript"), ("node", "javascript"), ("cpp", "c++"), ("cxx", "c++"), ("c++", "c++")],
)
def test_stores_an_alias_under_the_language_s_name(api: Api, alias: str, name: str) -> None:
    _, session, _ = api("GET", f"/code-sessions/{api.session(language=alias)}")
    assert session["language"] == name


def test_keeps_a_source_byte_for_byte(api: Api) -> None:
    source = "\ufeff\tif True:\r\n    print('e\u0301 \u00e9 \U0001f600')  \n\n"
    _, session, _ = api("GET", f"/code-sessions/{api.session(source_code=source)}")
    assert session["source_code"] == source


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param("{", "MALFORMED_JSON", id="cut off"),
        pytest.param("[" * 100_000, "MALFORMED_JSON", id="nested without end"),
        pytest.param('{"source_code": NaN}', "MALFORMED_JSON", id="NaN"),
        pytest.param('{"language": ' + "1" * 5_000 + "}", "MALFORMED_JSON", id="an endless number"),
        pytest.param("[]", "INVALID_REQUEST", id="an array"),
        pytest.param("[{}]", "INVALID_REQUEST", id="an object in an array"),
        pytest.param("null", "INVALID_REQUEST", id="null"),
        pytest.param('"text"', "INVALID_REQUEST", id="a string"),
        pytest.param("123", "INVALID_REQUEST", id="a number"),
        pytest.param('{"language": null}', "INVALID_REQUEST", id="null language"),
        pytest.param('{"source_code": null}', "INVALID_REQUEST", id="null source"),
        pytest.param('{"language": 1e400}', "INVALID_REQUEST", id="infinite language"),
        pytest.param('{"source_code": 7}', "INVALID_REQUEST", id="numeric source"),
        pytest.param('{"foo": 1}', "INVALID_REQUEST", id="unknown field"),
        pytest.param('{"source_code": "a\\u0000b"}', "INVALID_REQUEST", id="NUL"),
        pytest.param('{"source_code": "\\ud800"}', "INVALID_REQUEST", id="lone surrogate"),
        pytest.param('{"language": "ruby"}', "UNKNOWN_LANGUAGE", id="unknown language"),
        pytest.param('{"language": "Python"}', "UNKNOWN_LANGUAGE", id="upper case"),
        pytest.param('{"language": "\\ud800"}', "INVALID_REQUEST", id="surrogate language"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_refuses_bad_bodies_and_writes_nothing(api: Api, method: str, body: str, code: str) -> None:
    path = "/code-sessions"
    if method == "PATCH":
        path += f"/{api.session(source_code='before')}"
    before = dict(api.store.sessions)
    assert api.problem(method, path, body) == (400, code)
    assert api.store.sessions == before


def test_names_each_field_that_is_wrong_and_never_its_value(api: Api) -> None:
    _, body, _ = api("POST", "/code-sessions", {"language": 1, "source_code": ["secret"], "x": "secret"})
    assert {item["field"] for item in body["errors"]} == {"body.language", "body.source_code", "body.x"}
    assert "secret" not in json.dumps(body)


@pytest.mark.parametrize(
    ("headers", "encoded"),
    [
        ({"Content-Type": "text/plain"}, False),
        ({"Content-Type": "application/x-www-form-urlencoded"}, False),
        ({"Content-Type": "multipart/form-data; boundary=x"}, False),
        ({"Content-Type": "application/json; charset=utf-16"}, False),
        ({"Content-Type": "application/json", "Content-Encoding": "gzip"}, False),
        ({"Content-Type": "application/json"}, True),
        ({}, False),
    ],
)
def test_refuses_bodies_that_are_not_json_in_utf8(api: Api, headers: dict[str, str], encoded: bool) -> None:
    problem = api.problem("POST", "/code-sessions", "{}", headers=headers, isBase64Encoded=encoded)
    assert problem == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_takes_any_spelling_of_the_content_type(api: Api) -> None:
    status, _, _ = api("POST", "/code-sessions", "{}", content_type="Application/JSON; Charset=UTF-8")
    assert status == 201


def test_limits_a_source_in_bytes(api: Api) -> None:
    assert api.session(source_code="é" * 131_072)
    assert api.problem("POST", "/code-sessions", {"source_code": "é" * 131_072 + "x"}) == (413, "SOURCE_TOO_LARGE")
    session = api.session()
    assert api.problem("PATCH", f"/code-sessions/{session}", {"source_code": "x" * 262_145})[0] == 413
    assert api.problem("POST", "/code-sessions", "x" * 5_000_000) == (413, "SOURCE_TOO_LARGE")


@pytest.mark.parametrize(
    "session_id",
    ["not-a-uuid", "123", "%2e%2e", "x" * 10_000, "é", "0190000000007000800000000000000a",
     "{01900000-0000-7000-8000-000000000000}", "urn:uuid:01900000-0000-7000-8000-000000000000"],
)  # fmt: skip
@pytest.mark.parametrize(("method", "path"), [("GET", "/code-sessions/{}"), ("GET", "/executions/{}"),
                                              ("POST", "/code-sessions/{}/run"), ("GET", "/executions/session/{}"),
                                              ("DELETE", "/code-sessions/{}")])  # fmt: skip
def test_refuses_ids_that_are_none(api: Api, method: str, path: str, session_id: str) -> None:
    assert api.problem(method, path.format(session_id)) == (400, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/code-sessions/{}", "SESSION_NOT_FOUND"),
        ("PATCH", "/code-sessions/{}", "SESSION_NOT_FOUND"),
        ("DELETE", "/code-sessions/{}", "SESSION_NOT_FOUND"),
        ("POST", "/code-sessions/{}", "SESSION_NOT_FOUND"),
        ("POST", "/code-sessions/{}/run", "SESSION_NOT_FOUND"),
        ("GET", "/executions/{}", "EXECUTION_NOT_FOUND"),
        ("GET", "/executions/session/{}", "SESSION_NOT_FOUND"),
        ("GET", "/nope", "NOT_FOUND"),
        ("PUT", "/code-sessions/{}", "NOT_FOUND"),
        ("GET", "/docs/passwd", "NOT_FOUND"),
    ],
)
def test_says_what_is_not_there(api: Api, method: str, path: str, code: str) -> None:
    assert api.problem(method, path.format(uuid4())) == (404, code)


def test_patch_changes_only_what_is_given(api: Api) -> None:
    session = api.session(language="js", source_code="1")
    for body, expected in (
        ({}, ("javascript", "1")),
        ({"source_code": "2"}, ("javascript", "2")),
        ({"language": "cpp"}, ("c++", "2")),
        ({"source_code": ""}, ("c++", "")),
    ):
        status, answer, _ = api("PATCH", f"/code-sessions/{session}", body)
        assert (status, answer) == (200, {"session_id": session, "status": "ACTIVE"})
        _, found, _ = api("GET", f"/code-sessions/{session}")
        assert (found["language"], found["source_code"]) == expected


def test_deletes_a_session_once(api: Api) -> None:
    session = api.session()
    assert api("DELETE", f"/code-sessions/{session}")[:2] == (204, "")
    assert api.problem("DELETE", f"/code-sessions/{session}") == (404, "SESSION_NOT_FOUND")


@pytest.mark.parametrize("suffix", ["/run", ""])
def test_run_answers_before_it_has_run(api: Api, suffix: str) -> None:
    status, answer, headers = api("POST", f"/code-sessions/{api.session()}{suffix}")
    execution_id = answer["execution_id"]
    assert (status, answer["status"]) == (202, "QUEUED")
    assert headers["location"] == f"/Prod/executions/{execution_id}"
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("10", "9")
    assert api.queue.sent == [UUID(execution_id)]
    assert UUID(execution_id).version == 7
    status, execution, _ = api("GET", f"/executions/{execution_id}")
    assert status == 200
    assert set(execution) == {"execution_id", "session_id", "language", "status", "attempt", "queued_at"}


def test_run_takes_no_options(api: Api) -> None:
    path = f"/code-sessions/{api.session()}/run"
    assert api.problem("POST", path, {"stdin": "x"}) == (400, "INVALID_REQUEST")
    assert not api.queue.sent


def test_an_execution_shows_all_it_has_once_it_is_over(api: Api) -> None:
    _, answer, _ = api("POST", f"/code-sessions/{api.session()}/run")
    execution_id = UUID(answer["execution_id"])
    claimed = api.store.claim(execution_id, lease_seconds=75, max_attempts=4)
    _, running, _ = api("GET", f"/executions/{execution_id}")
    assert (running["status"], running["started_at"]) == ("RUNNING", "2026-01-31T12:00:01.250000Z")
    assert "stdout" not in running
    assert claimed
    outcome = Outcome(status=Status.FAILED, reason=Reason.RUNTIME_ERROR, signal="SIGSEGV", stderr="x", memory_kb=9)
    api.store.finish(claimed, outcome)
    _, execution, _ = api("GET", f"/executions/{execution_id}")
    assert set(execution) == {
        "execution_id", "session_id", "language", "status", "reason", "exit_code", "signal", "stdout", "stderr",
        "compile_output", "stdout_truncated", "stderr_truncated", "compile_output_truncated", "execution_time_ms",
        "compile_time_ms", "cpu_time_ms", "memory_kb", "attempt", "queued_at", "started_at", "finished_at",
    }  # fmt: skip
    assert (execution["reason"], execution["exit_code"], execution["signal"]) == ("RUNTIME_ERROR", None, "SIGSEGV")
    assert execution["finished_at"] == "2026-01-31T12:00:02.250000Z"


def test_lists_executions_newest_first(api: Api) -> None:
    session = api.session()
    assert api("GET", f"/executions/session/{session}")[1] == []
    ids = [api("POST", f"/code-sessions/{session}/run")[1]["execution_id"] for _ in range(3)]
    _, listed, _ = api("GET", f"/executions/session/{session}")
    assert [item["execution_id"] for item in listed] == ids[::-1]
    assert set(listed[0]) == {"execution_id", "status", "queued_at", "finished_at", "execution_time_ms"}
    _, two, _ = api("GET", f"/executions/session/{session}", query={"limit": "2"})
    assert len(two) == 2


@pytest.mark.parametrize(
    "limit", ["0", "-4", "1e9", "abc", "101", "", "1.5", " 5", "5 ", "+5", "5.0", "1_0", "05", "\u0663", "9" * 5_000]
)
def test_refuses_limits_that_are_none(api: Api, limit: str) -> None:
    path = f"/executions/session/{api.session()}"
    assert api.problem("GET", path, query={"limit": limit}) == (400, "INVALID_REQUEST")


def test_rate_and_cap_have_codes_of_their_own(api: Api) -> None:
    path = f"/code-sessions/{api.session()}/run"
    api.store.tokens = 0
    status, body, headers = api("POST", path)
    assert (status, body["code"], headers["retry-after"]) == (429, "RATE_LIMITED", "6")
    assert (headers["ratelimit-limit"], headers["ratelimit-remaining"]) == ("10", "0")
    api.store.execution_limit = 0
    assert api.problem("POST", path) == (429, "EXECUTION_LIMIT_REACHED")


def test_a_run_that_cannot_be_sent_leaves_nothing_queued(api: Api) -> None:
    path = f"/code-sessions/{api.session()}/run"
    api.queue.down = True
    status, body, headers = api("POST", path)
    assert (status, body["code"]) == (503, "QUEUE_UNAVAILABLE")
    assert headers["retry-after"]
    assert not api.store.rows


def test_a_run_that_arrived_although_the_send_failed_is_answered_for(api: Api) -> None:
    api.queue.down, api.queue.begin = True, api.store
    status, answer, _ = api("POST", f"/code-sessions/{api.session()}/run")
    assert status == 202
    assert api.store.rows[UUID(answer["execution_id"])].status is Status.RUNNING


def test_a_lost_database_is_503_and_the_process_stays_healthy(api: Api) -> None:
    session = api.session()
    api.store.down = True
    for method, path in (
        ("POST", "/code-sessions"),
        ("GET", f"/code-sessions/{session}"),
        ("POST", f"/code-sessions/{session}/run"),
        ("GET", f"/executions/{uuid4()}"),
        ("GET", "/languages"),
        ("GET", "/health/database"),
        ("GET", "/health/workers"),
        ("GET", "/health/celery"),
    ):
        status, body, headers = api(method, path)
        assert (status, body["code"], bool(headers["retry-after"])) == (503, "DATABASE_UNAVAILABLE", True)
    assert api("GET", "/health")[:2] == (200, {"status": "healthy", "timestamp": "2026-01-31T12:00:00.250000Z"})
    _, queue, _ = api("GET", "/health/queue")
    assert queue["oldest_message_age_s"] is None


@pytest.mark.parametrize("path", ["/health/queue", "/health/redis"])
def test_queue_health_counts_messages(api: Api, path: str) -> None:
    api("POST", f"/code-sessions/{api.session()}/run")
    assert api("GET", path)[1] == {
        "status": "connected",
        "ping": "PONG",
        "depth": 1,
        "in_flight": 0,
        "oldest_message_age_s": 1.5,
        "dead_letters": 0,
    }
    api.queue.down = True
    assert api.problem("GET", path) == (503, "QUEUE_UNAVAILABLE")


@pytest.mark.parametrize("path", ["/health/workers", "/health/celery"])
def test_worker_health_counts_live_leases(api: Api, path: str) -> None:
    assert api("GET", path)[1] == {
        "status": "connected",
        "active_workers": 0,
        "active_tasks": 0,
        "sandbox_layers": {"seccomp": True, "landlock": False},
    }
    _, answer, _ = api("POST", f"/code-sessions/{api.session()}/run")
    api.store.claim(UUID(answer["execution_id"]), lease_seconds=75, max_attempts=4)
    assert api("GET", path)[1]["active_workers"] == 1


def test_lists_languages_with_what_is_really_installed(api: Api) -> None:
    _, languages, _ = api("GET", "/languages")
    assert [(item["name"], item["version"]) for item in languages] == [
        ("python", "3.13.5"),
        ("javascript", None),
        ("c++", None),
    ]
    assert languages[2]["compile_command"][0] == "g++"
    assert languages[0]["limits"]["run_wall_time_seconds"] == 30


def test_a_bug_of_ours_is_told_without_our_text(api: Api) -> None:
    def fail() -> dict[str, str]:
        raise RuntimeError("secret")

    api.store.versions = fail  # type: ignore[method-assign]
    status, body, _ = api("GET", "/languages")
    assert (status, body["code"]) == (500, "INTERNAL_ERROR")
    assert "secret" not in json.dumps(body)


def test_documents_every_call_and_every_code_path(api: Api) -> None:
    _, document, _ = api("GET", "/openapi.json")
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "."}]
    assert set(document["paths"]) == {
        "/code-sessions", "/code-sessions/{session_id}", "/code-sessions/{session_id}/run",
        "/executions/{execution_id}", "/executions/session/{session_id}", "/languages", "/health", "/health/database",
        "/health/queue", "/health/workers", "/health/redis", "/health/celery",
    }  # fmt: skip
    for path in ("/health/redis", "/health/celery"):
        assert document["paths"][path]["get"]["deprecated"]
    schemas = document["components"]["schemas"]
    assert set(schemas["Status"]["enum"]) == {str(status) for status in Status}
    assert set(schemas["Reason"]["enum"]) == {str(reason) for reason in Reason}
    for operations in document["paths"].values():
        for operation in operations.values():
            assert operation["summary"]
            assert "422" not in operation["responses"]
    assert "content" not in document["paths"]["/code-sessions/{session_id}"]["delete"]["responses"]["204"]
    referenced = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert referenced == set(schemas)


def test_serves_the_documentation_page_and_its_assets(api: Api) -> None:
    status, page, headers = api("GET", "/docs")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "//" not in page.replace("<!doctype html>", "").replace("</", "").replace("//-->", "")
    for asset, kind in (("swagger-ui-bundle.min.js", "text/javascript"), ("swagger-ui.min.css", "text/css")):
        assert f"docs/{asset}" in page
        status, content, headers = api("GET", f"/docs/{asset}")
        assert status == 200
        assert headers["content-type"].startswith(kind)
        assert len(content) > 50_000


@pytest.mark.parametrize("stage", ["", "/Prod"])
@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_a_slash_too_many_leads_to_the_page_itself(api: Api, path: str, stage: str) -> None:
    status, _, headers = api("GET", f"{path}/")
    assert status == 308
    assert urljoin(f"https://example.test{stage}{path}/", headers["location"]) == f"https://example.test{stage}{path}"
    assert api("GET", path)[0] == 200


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        pytest.param("/Prod/code-sessions", "/Prod", id="a stage"),
        pytest.param("/code-sessions", "", id="no stage"),
        pytest.param("/run/v1/code-sessions", "/run/v1", id="a custom domain's base path"),
        pytest.param("/Prod/code-sessions/", "/Prod", id="a slash at the end"),
        pytest.param(None, "", id="unknown"),
    ],
)
def test_location_is_under_the_path_that_the_client_called_by(api: Api, path: str | None, prefix: str) -> None:
    context = {"requestId": "gateway-request", "path": path}
    _, answer, headers = api("POST", "/code-sessions", resource="/code-sessions", requestContext=context)
    assert headers["location"] == f"{prefix}/code-sessions/{answer['session_id']}"


def test_a_page_of_another_origin_may_read_all_that_an_answer_tells(api: Api) -> None:
    origin = {"Origin": "https://editor.example", "Content-Type": "application/json"}
    session = api.session()
    told: set[str] = set()
    for method, path, body in (
        ("POST", f"/code-sessions/{session}/run", None),
        ("GET", f"/executions/{uuid4()}", None),
        ("POST", "/code-sessions", "x" * 5_000_000),  # refused before any route is looked at
    ):
        _, _, headers = api(method, path, body, headers=origin)
        exposed = {name.lower() for name in headers["access-control-expose-headers"].split(",")}
        told |= {name for name in headers if name in ("location", "retry-after") or name.startswith("ratelimit-")}
        assert exposed >= told | {"ratelimit-reset", "retry-after", "x-amzn-requestid"}
    assert told >= {"location", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"}


@pytest.mark.parametrize(("field", "value"), [("language", 1), ("source_code", []), ("source_code", "\x00")])
def test_names_the_field_that_a_patch_gets_wrong(api: Api, field: str, value: object) -> None:
    status, answer, _ = api("PATCH", f"/code-sessions/{api.session()}", {field: value})
    assert (status, [error["field"] for error in answer["errors"]]) == (400, [f"body.{field}"])


def test_the_openapi_document_is_as_strict_as_the_service(api: Api) -> None:
    _, document, _ = api("GET", "/openapi.json")
    bodies = [
        call["requestBody"] for item in document["paths"].values() for call in item.values() if "requestBody" in call
    ]
    assert len(bodies) == 4
    assert not any(body["required"] for body in bodies)
    schemas = document["components"]["schemas"]
    for name in ("CreateSessionRequest", "PatchSessionRequest"):
        language = schemas[name]["properties"]["language"]
        assert set(language["enum"]) == {"python", "py", "javascript", "js", "node", "c++", "cpp", "cxx"}
        assert {each["type"] for each in schemas[name]["properties"].values()} == {"string"}  # never null
    [limit] = [
        parameter["schema"]
        for parameter in document["paths"]["/executions/session/{session_id}"]["get"]["parameters"]
        if parameter["name"] == "limit"
    ]
    assert (limit["type"], limit["minimum"], limit["maximum"], limit["default"]) == ("integer", 1, 100, 100)
    assert not {"ge", "le"} & set(limit)
    for alias in schemas["CreateSessionRequest"]["properties"]["language"]["enum"]:
        assert api.session(language=alias)
