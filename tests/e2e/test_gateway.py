"""What the gateway answers by itself: unknown paths and methods, bodies that are too large, CORS, the stage prefix."""

import httpx
import pytest

from tests.e2e.client import PAGE_HEADERS, LiveCode
from tests.e2e.problems import assert_problem

_ROUTES = {
    "/code-sessions": {"POST"},
    "/code-sessions/{id}": {"GET", "PATCH", "DELETE", "POST"},
    "/code-sessions/{id}/run": {"POST"},
    "/executions/{id}": {"GET"},
    "/executions/session/{id}": {"GET"},
    "/languages": {"GET"},
    "/health": {"GET"},
    "/health/database": {"GET"},
    "/health/queue": {"GET"},
    "/health/workers": {"GET"},
    "/health/redis": {"GET"},
    "/health/celery": {"GET"},
    "/docs": {"GET"},
    "/docs/{id}": {"GET"},
    "/openapi.json": {"GET"},
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_ID = "01900000-0000-7000-8000-000000000000"


@pytest.mark.needs("gateway responses")
@pytest.mark.parametrize(
    "path",
    ["/", "/nothing", "/code-sessions/x/y/z", "/Docs", "/health/nothing", "/executions", "/openapi.yaml", "/%00"],
)
def test_does_not_know_other_paths(http: httpx.Client, path: str) -> None:
    assert_problem(http.get(path), 404, "NOT_FOUND")


@pytest.mark.parametrize(("path", "method"), [(path, method) for path in _ROUTES for method in sorted(_ROUTES[path])])
def test_knows_its_methods(http: httpx.Client, path: str, method: str) -> None:
    answer = http.request(method, path.format(id="swagger-ui.min.css" if path.startswith("/docs") else _ID))
    assert answer.status_code not in (403, 405)
    assert answer.status_code != 404 or answer.json()["code"] != "NOT_FOUND"


@pytest.mark.needs("gateway responses")
@pytest.mark.parametrize(
    ("path", "method"), [(path, method) for path in _ROUTES for method in _METHODS if method not in _ROUTES[path]]
)
def test_does_not_know_other_methods(http: httpx.Client, path: str, method: str) -> None:
    assert_problem(http.request(method, path.format(id=_ID)), 404, "NOT_FOUND")


@pytest.mark.needs("gateway responses")
@pytest.mark.parametrize("path", _ROUTES)
def test_head_is_no_method_of_ours(http: httpx.Client, path: str) -> None:
    answer = http.head(path.format(id=_ID))
    assert answer.status_code == 404
    assert answer.content == b""


@pytest.mark.needs("gateway limits")
def test_refuses_a_body_over_ten_megabytes(http: httpx.Client) -> None:
    answer = http.post(
        "/code-sessions", content=b"x" * (10 * 1024 * 1024 + 1), headers={"content-type": "application/json"}
    )
    assert_problem(answer, 413, "REQUEST_TOO_LARGE")


def test_goes_on_after_a_body_over_ten_megabytes(http: httpx.Client, livecode: LiveCode) -> None:
    http.post("/code-sessions", content=b"x" * (20 * 1024 * 1024), headers={"content-type": "application/json"})
    assert livecode.create()


@pytest.mark.parametrize("path", _ROUTES)
def test_answers_a_preflight(http: httpx.Client, path: str) -> None:
    answer = http.options(
        path.format(id=_ID),
        headers={
            "access-control-request-method": "POST",
            "access-control-request-headers": "content-type",
        },
    )
    assert answer.status_code in (200, 204)
    assert answer.headers["access-control-allow-origin"] == "*"
    allowed = {method.strip() for method in answer.headers["access-control-allow-methods"].split(",")}
    assert allowed >= _ROUTES[path]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize("method", ["PATCH", "GET", "POST", "DELETE"])
def test_a_preflight_allows_the_headers_of_tracing_libraries(http: httpx.Client, method: str) -> None:
    asked = {"authorization", "baggage", "content-type", "idempotency-key", "sentry-trace", "traceparent", "tracestate"}
    answer = http.options(
        f"/code-sessions/{_ID}",
        headers={
            "access-control-request-method": method,
            "access-control-request-headers": ",".join(sorted({*asked, "x-requested-with"})),
        },
    )
    assert answer.status_code in (200, 204)
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert allowed >= {*asked, "x-requested-with"}


def test_lets_pages_of_other_origins_read_answers(http: httpx.Client, livecode: LiveCode) -> None:
    answer = http.post("/code-sessions", json={})
    assert answer.headers["access-control-allow-origin"] == "*"
    exposed = http.post(f"/code-sessions/{livecode.create()}/run").headers["access-control-expose-headers"].lower()
    assert {name.strip() for name in exposed.split(",")} >= {
        "location",
        "retry-after",
        "ratelimit-limit",
        "ratelimit-remaining",
        "ratelimit-reset",
    }


def test_what_was_made_is_where_location_says(staged_url: str, base_url: str) -> None:
    for url in (staged_url, base_url):
        with httpx.Client(headers=PAGE_HEADERS, timeout=30) as client:
            made = client.post(f"{url}/code-sessions", json={"source_code": "print(1)"})
            session = client.get(httpx.URL(made.url).join(made.headers["location"]))
            assert (session.status_code, session.json()["id"]) == (200, made.json()["session_id"])
            begun = client.post(f"{url}/code-sessions/{made.json()['session_id']}/run")
            execution = client.get(httpx.URL(begun.url).join(begun.headers["location"]))
            assert (execution.status_code, execution.json()["execution_id"]) == (200, begun.json()["execution_id"])


def test_answers_under_the_stage_prefix_too(staged_url: str) -> None:
    with httpx.Client(base_url=staged_url, headers=PAGE_HEADERS, timeout=30) as client:
        staged = LiveCode(http=client)
        assert staged.run("print('staged')")["stdout"] == "staged\n"
        assert client.get("/health").json()["status"] == "healthy"
        assert_problem(client.get(f"/executions/{_ID}"), 404, "EXECUTION_NOT_FOUND")


@pytest.mark.needs("gateway responses")
def test_does_not_know_other_paths_under_the_stage_prefix_either(staged_url: str) -> None:
    assert_problem(httpx.get(f"{staged_url}/nothing", headers=PAGE_HEADERS), 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "path", [f"/executions/{_ID}", pytest.param("/nothing", marks=pytest.mark.needs("gateway responses"))]
)
@pytest.mark.needs("request ids")
def test_each_answer_has_its_own_request_id(http: httpx.Client, path: str) -> None:
    assert len({http.get(path).json()["request_id"] for _ in range(3)}) == 3
