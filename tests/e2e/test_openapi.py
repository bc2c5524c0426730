"""The OpenAPI document: valid, complete, and true: every documented call answers as it says."""

from typing import Any

import httpx
import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.e2e.client import PAGE_HEADERS, LiveCode

_CALLS = {
    ("post", "/code-sessions"),
    ("get", "/code-sessions/{session_id}"),
    ("patch", "/code-sessions/{session_id}"),
    ("delete", "/code-sessions/{session_id}"),
    ("post", "/code-sessions/{session_id}/run"),
    ("post", "/code-sessions/{session_id}"),
    ("get", "/executions/{execution_id}"),
    ("get", "/executions/session/{session_id}"),
    ("get", "/languages"),
    ("get", "/health"),
    ("get", "/health/database"),
    ("get", "/health/queue"),
    ("get", "/health/workers"),
    ("get", "/health/redis"),
    ("get", "/health/celery"),
}
_NOWHERE = "01900000-0000-7000-8000-000000000000"
_EACH_CALL = pytest.mark.parametrize(("method", "path"), sorted(_CALLS))


@pytest.fixture(scope="module")
def document(http: httpx.Client) -> dict[str, Any]:
    answer = http.get("/openapi.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    return dict(answer.json())


def test_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_has_every_call_and_no_other(document: dict[str, Any]) -> None:
    assert {(method, path) for path, item in document["paths"].items() for method in item} == _CALLS


def test_marks_the_old_names_deprecated(document: dict[str, Any]) -> None:
    deprecated = {path for path, item in document["paths"].items() for call in item.values() if call.get("deprecated")}
    assert deprecated == {"/health/redis", "/health/celery"}


def test_describes_every_call(document: dict[str, Any]) -> None:
    calls = [call for item in document["paths"].values() for call in item.values()]
    assert all(call["summary"] and call["tags"] for call in calls)
    assert len({call["operationId"] for call in calls}) == len(calls)


def test_its_examples_fit_their_own_schemas(document: dict[str, Any]) -> None:
    seen = 0
    for name, schema in document["components"]["schemas"].items():
        for field, property_schema in schema.get("properties", {}).items():
            for example in property_schema.get("examples", []):
                assert _errors(document, property_schema, example) == [], f"{name}.{field}"
                seen += 1
    assert seen >= 3


@_EACH_CALL
def test_a_call_answers_as_documented(
    http: httpx.Client, livecode: LiveCode, document: dict[str, Any], method: str, path: str
) -> None:
    session_id = livecode.create("print(1)")
    execution_id = livecode.start(session_id)
    livecode.wait(execution_id)
    answer = http.request(method, path.format(session_id=session_id, execution_id=execution_id))
    assert answer.is_success
    _assert_documented(document, method, path, answer)


@_EACH_CALL
def test_a_refusal_answers_as_documented(http: httpx.Client, document: dict[str, Any], method: str, path: str) -> None:
    if "{" in path:
        for each in (_NOWHERE, "none"):
            answer = http.request(method, path.format(session_id=each, execution_id=each))
            assert answer.status_code in (400, 404)
            _assert_documented(document, method, path, answer)
    if method in ("post", "patch"):
        for content, headers in (("[", {"content-type": "application/json"}), ("{}", {"content-type": "text/plain"})):
            answer = http.request(method, path.format(session_id=_NOWHERE), content=content.encode(), headers=headers)
            assert answer.status_code in (400, 415)
            _assert_documented(document, method, path, answer)
    if path == "/code-sessions":
        answer = http.post(path, json={"source_code": "x" * 300_000})
        assert answer.status_code == 413
        _assert_documented(document, method, path, answer)
    if path.startswith(("/health", "/languages")):
        responses = set(document["paths"][path][method]["responses"])
        assert responses >= ({"200"} if path == "/health" else {"200", "503"})


def test_a_running_execution_answers_as_documented(livecode: LiveCode, document: dict[str, Any]) -> None:
    execution_id = livecode.submit("import time; time.sleep(0.5)")
    path = "/executions/{execution_id}"
    _assert_documented(document, "get", path, livecode.http.get(path.format(execution_id=execution_id)))
    livecode.wait_for_start(execution_id)
    _assert_documented(document, "get", path, livecode.http.get(path.format(execution_id=execution_id)))
    livecode.wait(execution_id)


def test_names_the_server_that_it_came_from(staged_url: str, base_url: str) -> None:
    for url in (staged_url, base_url):
        document = httpx.get(f"{url}/openapi.json", headers=PAGE_HEADERS).json()
        [server] = document["servers"]
        assert httpx.URL(f"{url}/openapi.json").join(server["url"].rstrip("/") + "/health") == f"{url}/health"


def _assert_documented(document: dict[str, Any], method: str, path: str, answer: httpx.Response) -> None:
    responses = document["paths"][path][method]["responses"]
    assert str(answer.status_code) in responses, f"{answer.status_code} is not documented: {answer.text}"
    content = responses[str(answer.status_code)].get("content")
    if not content:
        assert answer.content == b""
        return
    media_type = answer.headers["content-type"].partition(";")[0]
    assert media_type in content
    assert _errors(document, content[media_type]["schema"], answer.json()) == []


def _errors(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    # The schema's references lead into the document, so that it must be one with it.
    validator = OAS31Validator({**document, **schema})
    return [error.message for error in validator.iter_errors(value)]
