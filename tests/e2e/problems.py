"""The one form of every error: RFC 9457 with a stable code, and nothing of our insides."""

import re
from typing import Any

import httpx

_INSIDES = re.compile(r"Traceback|File \"|\.py\b|pydantic|sqlalchemy|psycopg|pg8000|botocore|Exception", re.IGNORECASE)
_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}


def assert_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that must be this error."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text[:500]}"
    assert answer.headers["content-type"].partition(";")[0] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert set(problem) - {"errors"} == _FIELDS
    assert problem["request_id"]
    assert problem["title"]
    assert problem["detail"]
    assert problem["type"] == f"urn:livecode:problem:{code.lower().replace('_', '-')}"
    for item in problem.get("errors", []):
        assert set(item) == {"field", "code", "message"}
    assert not _INSIDES.search(answer.text), answer.text
    # A page of another origin may read why it was refused.
    assert answer.headers["access-control-allow-origin"] == "*"
    return problem
