"""The HTTP contract of runs, languages and health checks, over a store in memory."""

import json
from uuid import UUID, uuid4

import pytest

from livecode.domain import Outcome, Reason, Status
from tests.unit.api import Api


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


def test_nothing_waits_in_an_empty_queue(api: Api) -> None:
    status, body, _ = api("GET", "/health/queue")
    assert (status, body["depth"], body["oldest_message_age_s"]) == (200, 0, 0.0)
