"""Nothing lost, nothing twice: runners that die, messages that come twice, never or broken, runs that are given up."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.e2e.client import Execution, LiveCode, elapsed_ms, poll
from tests.e2e.problems import assert_problem
from tests.e2e.processes import descendants, wait_until_gone
from tests.e2e.stack import EmbeddedStack, running_stack

_ONE_RUN = [("queued", 0), ("claimed", 1), ("finished", 1)]


@pytest.fixture(scope="module")
def refusing_stack(stack: EmbeddedStack, several_stacks: None) -> Iterator[EmbeddedStack]:
    """A stack whose runner lacks a required sandbox layer: it fails whatever it is asked to run.

    `stack` is asked for, so that this too is skipped where there is only a URL.
    """
    with running_stack(type(stack), {"SandboxRequired": "launcher,armour"}) as refusing:
        yield refusing


@pytest.fixture(scope="module", autouse=True)
def refused(request: pytest.FixtureRequest, own_stack: EmbeddedStack | None) -> str | None:
    """An execution that no runner will run, begun before all other tests: giving it up takes a while."""
    if own_stack is None:
        return None
    refusing: EmbeddedStack = request.getfixturevalue("refusing_stack")
    return refusing.client.submit("print('must not run')")


@pytest.fixture(autouse=True)
def _empty_queue(own_stack: EmbeddedStack | None) -> Iterator[None]:
    """A message that a dead runner holds stays invisible for minutes; the next test's counts must not see it."""
    yield
    if own_stack is not None:
        own_stack.sqs.purge_queue(QueueUrl=own_stack.queue_url)


def _queue_is_empty(stack: EmbeddedStack) -> bool:
    queue = stack.client.http.get("/health/queue").json()
    return bool(queue["depth"] == queue["in_flight"] == 0)


def _logged(stack: EmbeddedStack, message: str, execution_id: str) -> bool:
    return any(f'"{message}"' in line and execution_id in line for line in stack.logs("RunnerFunction").splitlines())


def _insert_queued(stack: EmbeddedStack, source: str, *, age_seconds: int) -> str:
    """A QUEUED execution whose message has been lost."""
    execution_id, session_id = str(uuid4()), stack.client.create(source)
    stack.sql(
        "INSERT INTO executions (id, session_id, language, source_code, status, queued_at, sent_at) SELECT"
        " CAST(:id AS uuid), id, language, source_code, 'QUEUED', now(),"
        " now() - CAST(:age AS float8) * interval '1 second' FROM code_sessions WHERE id = CAST(:session_id AS uuid)",
        id=execution_id,
        session_id=session_id,
        age=age_seconds,
    )
    return execution_id


# ---- Messages --------------------------------------------------------------------------------------------------------


def test_a_lost_message_is_sent_again(stack: EmbeddedStack) -> None:
    poll(lambda: _queue_is_empty(stack), what="the queue is empty")
    execution_id = _insert_queued(stack, "print('found')", age_seconds=120)
    stack.invoke("SweeperFunction")
    execution = stack.client.wait(execution_id)
    assert (execution["status"], execution["stdout"], execution["attempt"]) == ("COMPLETED", "found\n", 1)
    assert stack.events(execution_id) == [("resent", 0), ("claimed", 1), ("finished", 1)]


def test_a_message_that_is_merely_late_is_not_sent_again(stack: EmbeddedStack) -> None:
    execution_id = _insert_queued(stack, "print(1)", age_seconds=20)
    stack.invoke("SweeperFunction")
    assert stack.events(execution_id) == []
    assert stack.client.get(execution_id)["status"] == "QUEUED"
    stack.send_message_of(execution_id)
    stack.client.wait(execution_id)


def test_a_message_delivered_twice_runs_once(stack: EmbeddedStack) -> None:
    execution_id = stack.client.submit("import time; print(time.time_ns())")
    first = stack.client.wait(execution_id)
    stack.send_message_of(execution_id)
    stack.send_message_of(execution_id)
    poll(lambda: _logged(stack, "nothing to run", execution_id), what="the second message was read")
    poll(lambda: _queue_is_empty(stack), what="the second message is gone")
    assert stack.client.get(execution_id) == first
    assert stack.events(execution_id) == _ONE_RUN


def test_a_second_message_while_it_runs_waits_for_the_first(stack: EmbeddedStack) -> None:
    # Two warm runners, so that the second message is read while the first still runs.
    stack.client.run_all([("import time; time.sleep(1)", "python")] * 4)
    execution_id = stack.client.submit("import time; time.sleep(4); print(time.time_ns())")
    stack.client.wait_for_start(execution_id)
    stack.send_message_of(execution_id)
    poll(lambda: _logged(stack, "held by another runner", execution_id), what="the second message was read")
    assert stack.client.get(execution_id)["status"] == "RUNNING"
    assert stack.client.wait(execution_id)["status"] == "COMPLETED"
    assert stack.events(execution_id) == _ONE_RUN
    # It outlives the holder of the execution: until that one's lease has ended it is still there.
    assert stack.client.http.get("/health/queue").json()["in_flight"] >= 1


@pytest.mark.parametrize(
    "body",
    [
        pytest.param("not json", id="no JSON"),
        pytest.param("[]", id="no object"),
        pytest.param("{}", id="nothing in it"),
        pytest.param('{"version":1}', id="no execution"),
        pytest.param('{"version":1,"execution_id":"x"}', id="no UUID"),
        pytest.param('{"version":0,"execution_id":"01900000-0000-7000-8000-000000000000"}', id="an old version"),
        pytest.param('{"version":1,"execution_id":"01900000-0000-7000-8000-000000000000","source":"x"}', id="too much"),
    ],
)
def test_a_poison_message_is_thrown_away(stack: EmbeddedStack, body: str) -> None:
    def poisoned() -> int:
        return stack.logs("RunnerFunction").count('"message":"poison message"')

    before = poisoned()
    stack.send(body)
    poll(lambda: poisoned() == before + 1, what="the message was found to be poison")
    poll(lambda: _queue_is_empty(stack), what="the message is gone")
    assert stack.client.http.get("/health/queue").json()["dead_letters"] == 0
    assert stack.client.run("print(1)")["stdout"] == "1\n"
    assert poisoned() == before + 1


def test_a_message_of_an_unknown_execution_is_done_with(stack: EmbeddedStack) -> None:
    execution_id = str(uuid4())
    stack.send_message_of(execution_id)
    poll(lambda: _logged(stack, "nothing to run", execution_id), what="the message was read")
    poll(lambda: _queue_is_empty(stack), what="the message is gone")


def test_a_message_of_a_newer_version_is_kept_for_a_newer_runner(stack: EmbeddedStack) -> None:
    stack.send(json.dumps({"version": 2, "execution_id": str(uuid4()), "priority": "high"}))
    # What was sent later is done with, by each runner: so this one has been read, and refused.
    assert {each["stdout"] for each in stack.client.run_all([("print(1)", "python")] * 6)} == {"1\n"}

    def kept() -> bool:
        queue = stack.client.http.get("/health/queue").json()
        return bool((queue["depth"], queue["in_flight"]) == (0, 1))

    poll(kept, what="only this message is left")
    assert '"message":"poison message"' not in stack.logs("RunnerFunction").splitlines()[-1]


def test_a_dead_letter_ends_its_execution_as_our_failure(stack: EmbeddedStack) -> None:
    execution_id = _insert_queued(stack, "print('too late')", age_seconds=0)
    stack.sql("UPDATE executions SET attempt = 4 WHERE id = CAST(:id AS uuid)", id=execution_id)
    stack.sqs.send_message(
        QueueUrl=stack.dead_letter_queue_url, MessageBody=json.dumps({"version": 1, "execution_id": execution_id})
    )
    execution = stack.client.wait(execution_id)
    _assert_given_up(execution)
    assert stack.events(execution_id) == [("abandoned", 4)]
    stack.send_message_of(execution_id)
    poll(lambda: _logged(stack, "nothing to run", execution_id), what="its message came after all")
    assert stack.client.get(execution_id) == execution


def test_a_dead_letter_with_attempts_left_is_run(stack: EmbeddedStack) -> None:
    """Its message died of receives by runners that could not reach the database: no attempt was made."""
    execution_id = _insert_queued(stack, "print('in time')", age_seconds=0)
    stack.sqs.send_message(
        QueueUrl=stack.dead_letter_queue_url, MessageBody=json.dumps({"version": 1, "execution_id": execution_id})
    )
    execution = stack.client.wait(execution_id)
    assert (execution["status"], execution["stdout"], execution["attempt"]) == ("COMPLETED", "in time\n", 1)
    assert stack.events(execution_id) == [("resent", 0), ("claimed", 1), ("finished", 1)]


def test_a_dead_letter_of_a_finished_execution_changes_nothing(stack: EmbeddedStack) -> None:
    execution = stack.client.run("print(1)")
    body = json.dumps({"version": 1, "execution_id": execution["execution_id"]})
    stack.sqs.send_message(QueueUrl=stack.dead_letter_queue_url, MessageBody=body)
    poll(lambda: execution["execution_id"] in stack.logs("SweeperFunction"), what="the dead letter was read")
    poll(lambda: stack.client.http.get("/health/queue").json()["dead_letters"] == 0, what="the dead letter is gone")
    assert stack.client.get(execution["execution_id"]) == execution
    assert stack.events(execution["execution_id"]) == _ONE_RUN


# ---- Runners ---------------------------------------------------------------------------------------------------------


@pytest.mark.needs("processes")
def test_a_run_survives_its_runner(stack: EmbeddedStack) -> None:
    execution_id = stack.client.submit("import time; time.sleep(3); print('survived')")
    stack.client.wait_for_start(execution_id)
    runners = stack.runners()
    assert runners
    programs = poll(lambda: {each for runner in runners for each in descendants(runner.pid)}, what="the program runs")
    for runner in runners:
        runner.kill()
    wait_until_gone(runners | programs)
    assert stack.client.get(execution_id)["status"] == "RUNNING"
    stack.let_lease_lapse(execution_id)
    stack.invoke("SweeperFunction")
    execution = stack.client.wait(execution_id)
    assert (execution["status"], execution["stdout"], execution["attempt"]) == ("COMPLETED", "survived\n", 2)
    assert stack.events(execution_id) == [
        ("queued", 0),
        ("claimed", 1),
        ("requeued", 1),
        ("claimed", 2),
        ("finished", 2),
    ]


def test_a_live_lease_is_left_alone(stack: EmbeddedStack) -> None:
    execution_id = stack.client.submit("import time; time.sleep(1.5); print('mine')")
    stack.client.wait_for_start(execution_id)
    stack.invoke("SweeperFunction")
    assert stack.client.wait(execution_id)["stdout"] == "mine\n"
    assert stack.events(execution_id) == _ONE_RUN


def test_a_late_runner_does_not_overwrite(stack: EmbeddedStack) -> None:
    """Also the end of a run that is stuck: its attempts are used, and the sweeper ends it."""
    execution_id = stack.client.submit("import time; time.sleep(2.5); print('late')")
    stack.client.wait_for_start(execution_id)
    stack.sql("UPDATE executions SET attempt = 4 WHERE id = CAST(:id AS uuid)", id=execution_id)
    stack.let_lease_lapse(execution_id)
    stack.invoke("SweeperFunction")
    given_up = stack.client.get(execution_id)
    _assert_given_up(given_up)
    assert given_up["attempt"] == 4
    poll(lambda: _logged(stack, "finished too late", execution_id), what="the runner came too late")
    assert stack.client.get(execution_id) == given_up
    assert stack.events(execution_id) == [("queued", 0), ("claimed", 1), ("abandoned", 4)]


@pytest.mark.needs("processes")
def test_a_cold_start_is_not_counted_as_run_time(stack: EmbeddedStack) -> None:
    runners = stack.runners()
    for runner in runners:
        runner.kill()
    wait_until_gone(runners)
    logged_before = len(stack.logs("RunnerFunction"))
    execution = stack.client.run("print('cold')")
    assert (execution["status"], execution["stdout"], execution["attempt"]) == ("COMPLETED", "cold\n", 1)
    assert execution["execution_time_ms"] <= elapsed_ms(execution)
    # REPORT follows the answer, and so the result.
    poll(lambda: "Init Duration" in stack.logs("RunnerFunction")[logged_before:], what="it was a cold start")


# ---- Sessions that change --------------------------------------------------------------------------------------------


def test_deleting_a_session_ends_what_is_queued_or_running(stack: EmbeddedStack) -> None:
    livecode = stack.client
    session_id = livecode.create("import time; time.sleep(2)")
    running = livecode.start(session_id)
    livecode.wait_for_start(running)
    queued = [livecode.start(session_id) for _ in range(3)]
    assert livecode.http.delete(f"/code-sessions/{session_id}").status_code == 204
    for execution_id in (running, *queued):
        assert_problem(livecode.http.get(f"/executions/{execution_id}"), 404, "EXECUTION_NOT_FOUND")
    poll(lambda: _queue_is_empty(stack), what="all messages are done with")
    assert _logged(stack, "finished too late", running)
    for execution_id in (running, *queued):
        assert_problem(livecode.http.get(f"/executions/{execution_id}"), 404, "EXECUTION_NOT_FOUND")
        assert stack.events(execution_id) == []
    assert livecode.run("print(1)")["stdout"] == "1\n"


def test_an_autosave_does_not_touch_the_run_under_way(livecode: LiveCode) -> None:
    session_id = livecode.create("import time; time.sleep(1); print(open('main.py').read())")
    execution_id = livecode.start(session_id)
    livecode.wait_for_start(execution_id)
    livecode.http.patch(f"/code-sessions/{session_id}", json={"source_code": "print('new')", "language": "js"})
    execution = livecode.wait(execution_id)
    assert execution["language"] == "python"
    assert execution["stdout"] == "import time; time.sleep(1); print(open('main.py').read())\n"


# ---- Load ------------------------------------------------------------------------------------------------------------


def test_two_hundred_runs_drain_once_each(stack: EmbeddedStack) -> None:
    livecode = stack.client
    # Every runner is busy until the sweep is over.
    busy = [livecode.submit("import time; time.sleep(10)") for _ in range(2)]
    for execution_id in busy:
        livecode.wait_for_start(execution_id)
    sessions = [livecode.create(f"print({number})") for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(livecode.start, sessions * 10))
    # Even if they wait for long, the queue accounts for them: nothing is lost, so nothing is sent again.
    stack.sql("UPDATE executions SET sent_at = now() - interval '2 minutes' WHERE status = 'QUEUED'")
    backlog = stack.client.http.get("/health/queue").json()
    stack.invoke("SweeperFunction")
    assert backlog["depth"] + backlog["in_flight"] > 50
    assert backlog["oldest_message_age_s"] >= 120

    def finished() -> bool:
        rows = [row for each in sessions for row in livecode.http.get(f"/executions/session/{each}").json()]
        return len(rows) == 200 and {row["status"] for row in rows} == {"COMPLETED"}

    poll(finished, what="all runs are completed", deadline_s=120, pause_s=0.5)
    assert len(set(ids)) == 200
    for number, execution_id in enumerate(ids):
        execution = livecode.get(execution_id)
        assert (execution["stdout"], execution["attempt"]) == (f"{number % 20}\n", 1)
        assert stack.events(execution_id) == _ONE_RUN
    for execution_id in busy:
        livecode.wait(execution_id)
    poll(lambda: _queue_is_empty(stack), what="the queue is empty")


# ---- What no runner can run ------------------------------------------------------------------------------------------


def test_a_run_whose_attempts_are_used_ends_as_our_failure(refusing_stack: EmbeddedStack, refused: str) -> None:
    """The first try and three retries, then the dead-letter queue; and the program never ran."""
    execution = refusing_stack.client.wait(refused)
    _assert_given_up(execution)
    assert execution["attempt"] == 4
    events = refusing_stack.events(refused)
    assert [event for event in events if event[0] == "claimed"] == [("claimed", attempt) for attempt in (1, 2, 3, 4)]
    assert [event for event in events if event[0] == "retried"] == [("retried", attempt) for attempt in (1, 2, 3, 4)]
    assert events[-1] == ("abandoned", 4)
    assert len(events) == 10
    poll(lambda: _queue_is_empty(refusing_stack), what="its message is gone")
    assert refusing_stack.client.http.get("/health/queue").json()["dead_letters"] == 0


def _assert_given_up(execution: Execution) -> None:
    assert (execution["status"], execution["reason"]) == ("FAILED", "INTERNAL_ERROR")
    assert (execution["exit_code"], execution["signal"]) == (None, None)
    assert execution["stdout"] == execution["stderr"] == execution["compile_output"] == ""
    assert execution["finished_at"]
