"""The HTTP contract of code sessions over a store in memory: statuses, bodies, headers and error codes."""

import json
from uuid import uuid4

import pytest

from tests.unit.api import Api


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
