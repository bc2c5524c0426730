"""Health: of the process alone, and of each thing it leans on."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from tests.e2e.client import LiveCode, poll


def test_is_healthy(http: httpx.Client) -> None:
    answer = http.get("/health")
    assert answer.status_code == 200
    assert set(answer.json()) == {"status", "timestamp"}
    assert answer.json()["status"] == "healthy"
    told = datetime.fromisoformat(answer.json()["timestamp"])
    assert answer.json()["timestamp"].endswith("Z")
    assert abs((datetime.now(UTC) - told).total_seconds()) < 300


def test_the_database_answers(http: httpx.Client) -> None:
    answer = http.get("/health/database")
    assert answer.status_code == 200
    assert answer.json()["status"] == "connected"


@pytest.mark.parametrize("path", ["/health/queue", "/health/redis"], ids=["new name", "old name"])
def test_the_queue_answers(http: httpx.Client, path: str) -> None:
    answer = http.get(path)
    assert answer.status_code == 200
    queue = answer.json()
    assert set(queue) == {"status", "ping", "depth", "in_flight", "oldest_message_age_s", "dead_letters"}
    assert (queue["status"], queue["ping"]) == ("connected", "PONG")
    assert all(queue[name] >= 0 for name in ("depth", "in_flight", "oldest_message_age_s", "dead_letters"))


@pytest.mark.parametrize("path", ["/health/workers", "/health/celery"], ids=["new name", "old name"])
def test_the_workers_are_counted(http: httpx.Client, livecode: LiveCode, path: str) -> None:
    execution_id = livecode.submit("import time; time.sleep(1.5)")
    livecode.wait_for_start(execution_id)
    answer = http.get(path)
    assert answer.status_code == 200
    workers = answer.json()
    assert set(workers) == {"status", "active_workers", "active_tasks", "sandbox_layers"}
    assert workers["status"] == "connected"
    assert workers["active_workers"] >= 1
    assert workers["active_tasks"] >= 1
    livecode.wait(execution_id)


def test_a_backlog_is_seen(http: httpx.Client, livecode: LiveCode) -> None:
    # Asked for at once: one after the other, they might be done as fast as they come.
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(livecode.submit, ["import time; time.sleep(1)"] * 8))

    def waits() -> bool:
        queue = http.get("/health/queue").json()
        return bool(queue["depth"] >= 1 and queue["in_flight"] >= 1 and queue["oldest_message_age_s"] > 0)

    poll(waits, what="the queue tells of messages that wait", deadline_s=10)
    for execution_id in ids:
        livecode.wait(execution_id)


def test_lists_the_languages_with_versions_and_limits(http: httpx.Client, livecode: LiveCode) -> None:
    livecode.run("print(1)")  # a runner has started, and told what it has
    answer = http.get("/languages")
    assert answer.status_code == 200
    languages = {row["name"]: row for row in answer.json()}
    assert set(languages) == {"python", "javascript", "c++"}
    for row in languages.values():
        assert set(row) == {"name", "aliases", "version", "compile_command", "run_command", "limits"}
        assert row["version"]
        assert row["limits"]["run_wall_time_seconds"] == 30
        assert row["limits"]["compile_wall_time_seconds"] == 10
        assert row["limits"]["stream_limit_bytes"] == 100 * 1024
        assert row["limits"]["source_limit_bytes"] == 256 * 1024
    assert languages["python"]["aliases"] == ["py"]
    assert languages["python"]["run_command"] == ["python3", "main.py"]
    assert languages["python"]["compile_command"] is None
    assert languages["c++"]["compile_command"][0] == "g++"
    assert "-std=gnu++20" in languages["c++"]["compile_command"]


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "import platform; print(platform.python_version())"),
        ("javascript", "console.log(process.version)"),
        ("c++", '#include <cstdio>\nint main() { printf("%d.%d", __GNUC__, __GNUC_MINOR__); }'),
    ],
)
def test_the_version_listed_is_the_one_that_runs(
    http: httpx.Client, livecode: LiveCode, language: str, source: str
) -> None:
    version = livecode.run(source, language)["stdout"].strip().lstrip("v")
    [listed] = [row["version"] for row in http.get("/languages").json() if row["name"] == language]
    assert version in listed
