"""Code sessions: created, read, autosaved, deleted."""

import re
import unicodedata
import uuid
from datetime import UTC, datetime

import httpx
import pytest

from tests.e2e.client import LiveCode
from tests.e2e.problems import assert_problem

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+Z")
_SOURCE_LIMIT_BYTES = 256 * 1024


def test_creates_a_session_with_a_language_and_its_source(http: httpx.Client) -> None:
    answer = http.post("/code-sessions", json={"language": "javascript", "source_code": "let a;"})
    assert answer.status_code == 201
    assert answer.headers["content-type"].startswith("application/json")
    body = answer.json()
    assert set(body) == {"session_id", "status"}
    assert body["status"] == "ACTIVE"
    assert str(uuid.UUID(body["session_id"])) == body["session_id"]
    assert answer.headers["location"].endswith(f"/code-sessions/{body['session_id']}")


@pytest.mark.parametrize("body", [b"", b"{}", b"  \n"], ids=["nothing", "an empty object", "white space"])
def test_creates_an_empty_python_session_from(http: httpx.Client, body: bytes) -> None:
    answer = http.post("/code-sessions", content=body, headers={"content-type": "application/json"} if body else {})
    assert answer.status_code == 201
    session = http.get(f"/code-sessions/{answer.json()['session_id']}").json()
    assert session["language"] == "python"
    assert session["source_code"] == ""


def test_reads_a_session(http: httpx.Client, livecode: LiveCode) -> None:
    session_id = livecode.create("int main() {}", "c++")
    answer = http.get(f"/code-sessions/{session_id}")
    assert answer.status_code == 200
    session = answer.json()
    assert set(session) == {"id", "language", "source_code", "status", "created_at", "updated_at"}
    assert session["id"] == session_id
    assert session["language"] == "c++"
    assert session["source_code"] == "int main() {}"
    assert session["status"] == "ACTIVE"
    assert _TIME.fullmatch(session["created_at"])
    assert session["updated_at"] == session["created_at"]
    assert abs((datetime.now(UTC) - datetime.fromisoformat(session["created_at"])).total_seconds()) < 300


@pytest.mark.parametrize(
    ("alias", "language"),
    [("py", "python"), ("js", "javascript"), ("node", "javascript"), ("cpp", "c++"), ("cxx", "c++")],
)
def test_knows_a_language_by_its_alias(http: httpx.Client, livecode: LiveCode, alias: str, language: str) -> None:
    session_id = livecode.create("", alias)
    assert http.get(f"/code-sessions/{session_id}").json()["language"] == language


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("  \n\tif x:\n  y\t\n\n  ", id="indentation and white space at both ends"),
        pytest.param("a = 1\r\nb = 2\r", id="line ends of every kind"),
        pytest.param("\ufeffx", id="a byte order mark"),
        pytest.param("\x01\x1f\x7f\u2028\u0085", id="control characters"),
        pytest.param("\U0001f600 \U00010348", id="characters beyond the basic plane"),
        pytest.param(unicodedata.normalize("NFC", "\u00e9\u00fc"), id="composed characters"),
        pytest.param(unicodedata.normalize("NFD", "\u00e9\u00fc"), id="decomposed characters"),
        pytest.param("'; DROP TABLE executions; --%s :name $1 \\", id="what SQL might misread"),
    ],
)
def test_keeps_a_source_as_it_is(http: httpx.Client, livecode: LiveCode, source: str) -> None:
    session_id = livecode.create(source)
    assert http.get(f"/code-sessions/{session_id}").json()["source_code"] == source
    http.patch(f"/code-sessions/{session_id}", json={"source_code": ""})
    assert http.patch(f"/code-sessions/{session_id}", json={"source_code": source}).status_code == 200
    assert http.get(f"/code-sessions/{session_id}").json()["source_code"] == source


@pytest.mark.parametrize("character", ["x", "\u20ac", "\U0001f600"], ids=["one byte", "three bytes", "four bytes"])
def test_limits_a_source_in_bytes(http: httpx.Client, livecode: LiveCode, character: str) -> None:
    width = len(character.encode())
    largest = character * (_SOURCE_LIMIT_BYTES // width)
    largest += "x" * (_SOURCE_LIMIT_BYTES - len(largest.encode()))
    session_id = livecode.create(largest)
    assert http.get(f"/code-sessions/{session_id}").json()["source_code"] == largest
    too_large = {"source_code": largest + "x"}
    assert_problem(http.post("/code-sessions", json=too_large), 413, "SOURCE_TOO_LARGE")
    assert_problem(http.patch(f"/code-sessions/{session_id}", json=too_large), 413, "SOURCE_TOO_LARGE")
    assert http.get(f"/code-sessions/{session_id}").json()["source_code"] == largest


def test_autosaves_only_what_is_given(http: httpx.Client, livecode: LiveCode) -> None:
    session_id = livecode.create("one", "python")

    def state() -> tuple[str, str]:
        session = http.get(f"/code-sessions/{session_id}").json()
        return session["language"], session["source_code"]

    answer = http.patch(f"/code-sessions/{session_id}", json={"source_code": "two"})
    assert answer.status_code == 200
    assert answer.json() == {"session_id": session_id, "status": "ACTIVE"}
    assert state() == ("python", "two")
    assert http.patch(f"/code-sessions/{session_id}", json={"language": "cpp"}).status_code == 200
    assert state() == ("c++", "two")
    assert http.patch(f"/code-sessions/{session_id}", json={}).status_code == 200
    assert http.patch(f"/code-sessions/{session_id}").status_code == 200
    assert state() == ("c++", "two")
    assert http.patch(f"/code-sessions/{session_id}", json={"source_code": ""}).status_code == 200
    assert state() == ("c++", "")


def test_autosave_is_idempotent(http: httpx.Client, livecode: LiveCode) -> None:
    session_id = livecode.create()
    answers = [http.patch(f"/code-sessions/{session_id}", json={"source_code": "same"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({answer.text for answer in answers}) == 1
    assert http.get(f"/code-sessions/{session_id}").json()["source_code"] == "same"


def test_an_autosave_moves_updated_at(http: httpx.Client, livecode: LiveCode) -> None:
    session_id = livecode.create("one")
    http.patch(f"/code-sessions/{session_id}", json={"source_code": "two"})
    session = http.get(f"/code-sessions/{session_id}").json()
    assert session["updated_at"] > session["created_at"]


@pytest.mark.parametrize("name", ["language", "source_code"])
def test_refuses_null(http: httpx.Client, livecode: LiveCode, name: str) -> None:
    session_id = livecode.create("kept")
    assert_problem(http.post("/code-sessions", json={name: None}), 400, "INVALID_REQUEST")
    assert_problem(http.patch(f"/code-sessions/{session_id}", json={name: None}), 400, "INVALID_REQUEST")
    assert http.get(f"/code-sessions/{session_id}").json()["source_code"] == "kept"


def test_names_every_field_that_is_null(http: httpx.Client) -> None:
    problem = assert_problem(
        http.post("/code-sessions", json={"language": None, "source_code": None}), 400, "INVALID_REQUEST"
    )
    assert {item["field"] for item in problem["errors"]} == {"body.language", "body.source_code"}


def test_deletes_a_session_and_its_executions(http: httpx.Client, livecode: LiveCode) -> None:
    session_id = livecode.create("print(1)")
    execution_id = livecode.start(session_id)
    livecode.wait(execution_id)
    answer = http.delete(f"/code-sessions/{session_id}")
    assert answer.status_code == 204
    assert answer.content == b""
    assert_problem(http.get(f"/code-sessions/{session_id}"), 404, "SESSION_NOT_FOUND")
    assert_problem(http.delete(f"/code-sessions/{session_id}"), 404, "SESSION_NOT_FOUND")
    assert_problem(http.get(f"/executions/{execution_id}"), 404, "EXECUTION_NOT_FOUND")
    assert_problem(http.get(f"/executions/session/{session_id}"), 404, "SESSION_NOT_FOUND")
    assert_problem(http.post(f"/code-sessions/{session_id}/run"), 404, "SESSION_NOT_FOUND")
    assert_problem(http.patch(f"/code-sessions/{session_id}", json={"source_code": ""}), 404, "SESSION_NOT_FOUND")


def test_knows_an_id_in_capitals(http: httpx.Client, livecode: LiveCode) -> None:
    session_id = livecode.create("same")
    assert http.get(f"/code-sessions/{session_id.upper()}").json()["id"] == session_id
