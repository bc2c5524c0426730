"""When the database is away: what is told, what waits, and that nothing is lost or run twice."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.e2e.client import poll
from tests.e2e.problems import assert_problem
from tests.e2e.processes import Process, descendants, process
from tests.e2e.stack import EmbeddedStack


@contextmanager
def _database_away(stack: EmbeddedStack, from_whom: str) -> Iterator[None]:
    """Postgres takes no connection of theirs and has cut those they had; ours goes on."""
    postmaster = stack.postmaster()
    os.kill(postmaster.pid, signal.SIGSTOP)
    try:
        cut = stack.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name", name=from_whom
        )
        assert cut, f"{from_whom} was not connected"
        yield
    finally:
        os.kill(postmaster.pid, signal.SIGCONT)


def test_health_tells_which_part_is_away(stack: EmbeddedStack) -> None:
    http = stack.client.http
    assert http.get("/health/database").status_code == 200
    with _database_away(stack, "livecode-api"):
        assert http.get("/health").json()["status"] == "healthy"
        problem = http.get("/health/database")
        assert_problem(problem, 503, "DATABASE_UNAVAILABLE")
        assert int(problem.headers["retry-after"]) >= 1
        queue = http.get("/health/queue")
        assert queue.status_code == 200
        assert queue.json()["ping"] == "PONG"
        assert queue.json()["oldest_message_age_s"] is None
        refused = http.post("/code-sessions", json={})
        assert_problem(refused, 503, "DATABASE_UNAVAILABLE")
        assert int(refused.headers["retry-after"]) >= 1
    poll(lambda: http.get("/health/database").status_code == 200, what="the database is back")
    assert http.get("/health/queue").json()["oldest_message_age_s"] is not None
    assert stack.client.run("print(1)")["stdout"] == "1\n"


@pytest.mark.needs("processes")
def test_a_result_outlives_a_database_that_is_away(stack: EmbeddedStack) -> None:
    execution_id = stack.client.submit("import time; time.sleep(1); print('kept')")
    stack.client.wait_for_start(execution_id)
    runners = stack.runners()
    with _database_away(stack, "livecode-runner"):

        def ended() -> bool:
            return not any(descendants(runner.pid) for runner in runners)

        poll(ended, what="the program has ended, and its result waits to be written")
    execution = stack.client.wait(execution_id)
    assert (execution["status"], execution["stdout"], execution["attempt"]) == ("COMPLETED", "kept\n", 1)
    assert stack.events(execution_id) == [("queued", 0), ("claimed", 1), ("finished", 1)]


def test_a_message_waits_for_a_database_that_is_away(stack: EmbeddedStack) -> None:
    stack.client.run("print(1)")
    with _database_away(stack, "livecode-runner"):
        execution_id = stack.client.submit("print('at last')")
        poll(
            lambda: any(
                '"retried"' in line and execution_id in line for line in stack.logs("RunnerFunction").splitlines()
            ),
            what="the runner could not claim, and gave the message back",
        )
        assert stack.client.get(execution_id)["status"] == "QUEUED"
    execution = stack.client.wait(execution_id)
    assert (execution["status"], execution["stdout"], execution["attempt"]) == ("COMPLETED", "at last\n", 1)


def test_goes_on_after_the_database_has_crashed(stack: EmbeddedStack) -> None:
    session_id = stack.client.create("print('after the crash')")
    crashed = stack.crash_postgres()
    poll(lambda: stack.client.http.get("/health/database").status_code == 200, what="the database is back")
    execution = stack.client.wait(stack.client.start(session_id))
    assert (execution["status"], execution["stdout"]) == ("COMPLETED", "after the crash\n")

    def named_postgres() -> Process | None:
        pid = int(stack.described()["pids"]["postgres"])
        return process(pid) if pid != crashed.pid else None

    named = poll(named_postgres, what="stack.json names the new Postgres")
    assert named == stack.postmaster()
