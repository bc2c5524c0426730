"""Requests that are wrong: each is told so with a stable code, and nothing is written."""

import gzip
import http.client
import json
import uuid
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.client import PAGE_HEADERS, LiveCode
from tests.e2e.problems import assert_problem
from tests.e2e.stack import EmbeddedStack

_JSON = {"content-type": "application/json"}
_NOWHERE = "01900000-0000-7000-8000-000000000000"
_RAW_BODIES = pytest.mark.needs("raw bodies")
_BODY_CALLS = pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/code-sessions", id="create"),
        pytest.param("PATCH", "/code-sessions/{}", id="autosave"),
        pytest.param("POST", "/code-sessions/{}/run", id="run"),
        pytest.param("POST", "/code-sessions/{}", id="run alias"),
    ],
)


@pytest.fixture(scope="module")
def session_id(livecode: LiveCode) -> str:
    return livecode.create("untouched")


@_BODY_CALLS
@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="open brace"),
        pytest.param(b'{"language": "python"', id="cut off"),
        pytest.param(b"{'language': 'python'}", id="single quotes"),
        pytest.param(b'{"language": "python",}', id="comma at the end"),
        pytest.param(b"language=python", id="a form"),
        pytest.param(b'{"language": NaN}', id="NaN"),
        pytest.param(b'{"language": -Infinity}', id="Infinity"),
        pytest.param(b'{"source_code": "\n"}', id="a raw line end in a string"),
        pytest.param(b"[" * 100_000, id="a hundred thousand open brackets"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="a hundred thousand lists in one another"),
    ],
)
def test_refuses_what_is_no_json(http: httpx.Client, session_id: str, method: str, path: str, body: bytes) -> None:
    answer = http.request(method, path.format(session_id), content=body, headers=_JSON)
    assert_problem(answer, 400, "MALFORMED_JSON")


@_BODY_CALLS
@pytest.mark.parametrize("body", ["[]", '"text"', "null", "123", "true", "[{}]"])
def test_refuses_json_that_is_no_object(http: httpx.Client, session_id: str, method: str, path: str, body: str) -> None:
    answer = http.request(method, path.format(session_id), content=body, headers=_JSON)
    assert_problem(answer, 400, "INVALID_REQUEST")


@_BODY_CALLS
def test_refuses_unknown_fields(http: httpx.Client, session_id: str, method: str, path: str) -> None:
    answer = http.request(method, path.format(session_id), json={"sourcecode": "print(1)"})
    problem = assert_problem(answer, 400, "INVALID_REQUEST")
    assert [item["field"] for item in problem["errors"]] == ["body.sourcecode"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("12", id="number"),
        pytest.param("1e400", id="a number beyond floats"),
        pytest.param("9223372036854775808", id="2 to the 63"),
        pytest.param("-0", id="minus zero"),
        pytest.param("true", id="boolean"),
        pytest.param("[]", id="list"),
        pytest.param('{"a": 1}', id="object"),
    ],
)
@pytest.mark.parametrize("name", ["language", "source_code"])
def test_refuses_values_of_another_type(http: httpx.Client, session_id: str, name: str, value: str) -> None:
    body = f'{{"{name}": {value}}}'
    for answer in (
        http.post("/code-sessions", content=body, headers=_JSON),
        http.patch(f"/code-sessions/{session_id}", content=body, headers=_JSON),
    ):
        problem = assert_problem(answer, 400, "INVALID_REQUEST")
        assert problem["errors"][0]["field"] == f"body.{name}"


@pytest.mark.parametrize(
    "language", ["", "Python", "PYTHON", " python", "c", "brainfuck", "python3", "../python", "ｐython"]
)
def test_refuses_unknown_languages_and_lists_the_known(http: httpx.Client, session_id: str, language: str) -> None:
    for answer in (
        http.post("/code-sessions", json={"language": language}),
        http.patch(f"/code-sessions/{session_id}", json={"language": language}),
    ):
        problem = assert_problem(answer, 400, "UNKNOWN_LANGUAGE")
        assert all(name in problem["detail"] for name in ("python", "javascript", "c++", "cpp"))


def test_refuses_a_language_as_long_as_a_book(http: httpx.Client) -> None:
    problem = assert_problem(http.post("/code-sessions", json={"language": "x" * 100_000}), 400, "INVALID_REQUEST")
    assert len(json.dumps(problem)) < 2000


@pytest.mark.parametrize(
    "source",
    [
        pytest.param('"a\\u0000b"', id="NUL"),
        pytest.param('"\\ud800"', id="a lone high surrogate"),
        pytest.param('"x\\udfff"', id="a lone low surrogate"),
        pytest.param('"\\udc00\\ud800"', id="a pair in the wrong order"),
    ],
)
@pytest.mark.parametrize("language", ["python", "javascript"])
def test_refuses_sources_that_no_file_can_hold(http: httpx.Client, session_id: str, language: str, source: str) -> None:
    body = f'{{"language": "{language}", "source_code": {source}}}'
    for answer in (
        http.post("/code-sessions", content=body, headers=_JSON),
        http.patch(f"/code-sessions/{session_id}", content=body, headers=_JSON),
    ):
        problem = assert_problem(answer, 400, "INVALID_REQUEST")
        assert problem["errors"][0]["field"] == "body.source_code"


def test_takes_a_surrogate_pair(http: httpx.Client) -> None:
    answer = http.post("/code-sessions", content='{"source_code": "\\ud83d\\ude00"}', headers=_JSON)
    session = http.get(f"/code-sessions/{answer.json()['session_id']}").json()
    assert session["source_code"] == "\U0001f600"


def test_the_last_of_two_equal_keys_counts(http: httpx.Client) -> None:
    answer = http.post("/code-sessions", content='{"language": "python", "language": "c++"}', headers=_JSON)
    assert answer.status_code == 201
    assert http.get(f"/code-sessions/{answer.json()['session_id']}").json()["language"] == "c++"


def test_judges_the_last_of_two_equal_keys(http: httpx.Client) -> None:
    body = '{"language": "python", "language": "basic"}'
    assert_problem(http.post("/code-sessions", content=body, headers=_JSON), 400, "UNKNOWN_LANGUAGE")


@_BODY_CALLS
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"content-type": "text/plain"}, id="text"),
        pytest.param({"content-type": "application/x-www-form-urlencoded"}, id="form", marks=_RAW_BODIES),
        pytest.param({"content-type": "multipart/form-data; boundary=x"}, id="multipart", marks=_RAW_BODIES),
        pytest.param({"content-type": "application/xml"}, id="xml"),
        pytest.param({"content-type": "application/json; charset=utf-16"}, id="utf-16"),
        pytest.param(
            {"content-type": "application/json", "content-encoding": "gzip"},
            id="said to be compressed",
            marks=_RAW_BODIES,
        ),
        pytest.param({}, id="none"),
    ],
)
def test_refuses_bodies_of_another_type(
    http: httpx.Client, session_id: str, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = http.request(method, path.format(session_id), content=b"{}", headers=headers)
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json;"])
def test_takes_json_however_it_is_called(http: httpx.Client, content_type: str) -> None:
    answer = http.post("/code-sessions", content=b'{"language": "js"}', headers={"content-type": content_type})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/code-sessions/{}"),
        ("PATCH", "/code-sessions/{}"),
        ("DELETE", "/code-sessions/{}"),
        ("POST", "/code-sessions/{}"),
        ("POST", "/code-sessions/{}/run"),
        ("GET", "/executions/{}"),
        ("GET", "/executions/session/{}"),
    ],
)
@pytest.mark.parametrize(
    "wrong_id",
    [
        *("not-a-uuid", "1", "0190-", f"{_NOWHERE}x", "null", "%20", "x" * 3000),
        pytest.param("a%00b", marks=pytest.mark.needs("raw paths")),
        pytest.param("%F0%9F%98%80", marks=pytest.mark.needs("raw paths")),
    ],
)
def test_refuses_ids_that_are_none(http: httpx.Client, method: str, path: str, wrong_id: str) -> None:
    answer = http.request(method, path.format(wrong_id))
    problem = assert_problem(answer, 400, "INVALID_REQUEST")
    assert problem["errors"][0]["field"].startswith("path.")


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
    ],
)
@pytest.mark.parametrize("unknown", [_NOWHERE, str(uuid.UUID(int=0)), "ffffffff-ffff-ffff-ffff-ffffffffffff"])
def test_does_not_find_what_is_not_there(http: httpx.Client, method: str, path: str, code: str, unknown: str) -> None:
    assert_problem(http.request(method, path.format(unknown)), 404, code)


@pytest.mark.parametrize(
    "target",
    [
        "/code-sessions/../../etc/passwd",
        "/code-sessions/..%2f..%2fetc%2fpasswd",
        "/code-sessions/%2e%2e%2f",
        "/code-sessions/%00",
        "/docs/..%2fhandler.py",
        "/docs/../handler.py",
        "//etc/passwd",
        "/code-sessions//run",
        "/code-sessions/%",
        pytest.param("/code-sessions/" + "9" * 20_000, marks=pytest.mark.needs("long request lines")),
        "/?" + "q=" * 5000,
    ],
)
@pytest.mark.needs("raw paths")
def test_is_not_led_astray_by_a_path(base_url: str, target: str) -> None:
    """Sent as it is: a well-behaved client would tidy the path up first."""
    url = urlsplit(base_url)
    kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
    connection = kind(url.netloc, timeout=30)
    try:
        connection.request("GET", url.path + target, headers=PAGE_HEADERS)
        answer = connection.getresponse()
        body = answer.read()
    finally:
        connection.close()
    # 403 is API Gateway's word for a path that it does not know, unless the template gives it another.
    assert answer.status in (400, 403, 404, 413, 414, 431), body[:300]
    assert b"root:" not in body
    assert b"import " not in body


@pytest.mark.parametrize(
    "limit", ["0", "-4", "-0", "101", "1e9", "1000000000", "9223372036854775808", "abc", "", "NaN", "1.5"]
)
def test_refuses_a_limit_that_is_none(http: httpx.Client, session_id: str, limit: str) -> None:
    answer = http.get(f"/executions/session/{session_id}?limit={limit}")
    problem = assert_problem(answer, 400, "INVALID_REQUEST")
    assert problem["errors"][0]["field"] == "query.limit"


@pytest.mark.parametrize("limit", ["1", "100"])
def test_takes_a_limit_from_one_to_a_hundred(http: httpx.Client, session_id: str, limit: str) -> None:
    assert http.get(f"/executions/session/{session_id}?limit={limit}").status_code == 200


@pytest.mark.parametrize("megabytes", [2, 5])
def test_refuses_a_body_that_can_hold_no_source(http: httpx.Client, megabytes: int) -> None:
    answer = http.post("/code-sessions", json={"source_code": "x" * (megabytes * 1_000_000)})
    assert_problem(answer, 413, "SOURCE_TOO_LARGE")


@pytest.mark.needs("large bodies")
def test_refuses_a_body_that_is_more_than_a_function_takes(http: httpx.Client) -> None:
    # Lambda takes 6 MB; whether the gateway or the function says so is the gateway's business.
    answer = http.post("/code-sessions", json={"source_code": "x" * 9_000_000})
    assert answer.status_code == 413
    assert_problem(answer, 413, answer.json()["code"])


@pytest.mark.needs("binary bodies")
@_RAW_BODIES
def test_refuses_a_compressed_body(http: httpx.Client, session_id: str) -> None:
    headers = {**_JSON, "content-encoding": "gzip"}
    answer = http.patch(f"/code-sessions/{session_id}", content=gzip.compress(b"{}"), headers=headers)
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_refusals_write_nothing(stack: EmbeddedStack) -> None:
    def rows() -> list[object]:
        return stack.sql("SELECT (SELECT count(*) FROM code_sessions), (SELECT count(*) FROM executions)")

    http, before = stack.client.http, rows()
    for body in ("{", "[]", '{"language": "none"}', '{"source_code": "\\u0000"}', '{"other": 1}'):
        assert http.post("/code-sessions", content=body, headers=_JSON).status_code == 400
    assert http.post("/code-sessions", json={"source_code": "x" * 300_000}).status_code == 413
    assert http.post("/code-sessions", content="{}").status_code == 415
    assert http.post(f"/code-sessions/{_NOWHERE}/run").status_code == 404
    assert rows() == before


def test_the_session_of_all_these_refusals_is_untouched(http: httpx.Client, session_id: str) -> None:
    session = http.get(f"/code-sessions/{session_id}").json()
    assert (session["language"], session["source_code"]) == ("python", "untouched")
    assert session["updated_at"] == session["created_at"]
    assert http.get(f"/executions/session/{session_id}").json() == []
