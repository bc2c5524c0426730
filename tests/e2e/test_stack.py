"""The stack as a whole: what survives its restart, and that nothing survives its end."""

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.client import poll
from tests.e2e.processes import Process, ProcessesLeft, wait_until_gone
from tests.e2e.stack import ROOT, EmbeddedStack, running_stack


@pytest.fixture(scope="module")
def second_stack(stack: EmbeddedStack, several_stacks: None) -> Iterator[EmbeddedStack]:
    """A stack that may be stopped; `stack` is asked for, so that this too is skipped where there is only a URL."""
    with running_stack(type(stack)) as second:
        yield second


def test_a_restart_keeps_sessions_results_and_queued_runs(second_stack: EmbeddedStack) -> None:
    stack = second_stack
    result = stack.client.run("print('before')")
    session = stack.client.http.get(f"/code-sessions/{result['session_id']}").json()
    # Two run when the stack is stopped, the others wait.
    ids = [stack.client.submit(f"import time; time.sleep(1.5); print({number})") for number in range(8)]
    stack.client.wait_for_start(ids[0])
    programs = stack.processes()

    assert stack.stop() < stack.stop_seconds
    wait_until_gone(programs, deadline_s=1)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{stack.base_url}/health")
    stack.start()

    assert stack.client.get(result["execution_id"]) == result
    assert stack.client.http.get(f"/code-sessions/{result['session_id']}").json() == session
    for execution_id in ids:
        stack.let_lease_lapse(execution_id)
    stack.invoke("SweeperFunction")
    for number, execution_id in enumerate(ids):
        # LocalStack keeps no messages: the sweeper sends them again when they are a minute old, and comes each minute.
        execution = stack.client.wait(execution_id, deadline_s=180)
        assert (execution["status"], execution["stdout"]) == ("COMPLETED", f"{number}\n")
        assert [event for event, _ in stack.events(execution_id)].count("finished") == 1


def test_a_second_stack_on_the_same_state_is_refused(second_stack: EmbeddedStack) -> None:
    refused = subprocess.run(
        [sys.executable, "-m", second_stack.module, "up", *second_stack.options],
        cwd=ROOT,
        env=second_stack.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "Traceback" not in refused.stderr
    assert second_stack.client.run("print(1)")["stdout"] == "1\n"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("import time\ntime.sleep(600)\n", id="a program"),
        pytest.param("import subprocess\nsubprocess.run(['sleep', '600'])\n", id="a child of a program"),
    ],
)
def test_no_process_outlives_a_stack_that_is_killed(second_stack: EmbeddedStack, source: str) -> None:
    second_stack.client.submit(source)
    name = "sleep 600" if "subprocess" in source else "python3 main.py"

    def with_the_program() -> set[Process] | None:
        found = second_stack.processes()
        return found if any(name in each.command for each in found) else None

    everyone = poll(with_the_program, what="the program and its child run")
    layers = second_stack.client.http.get("/health/workers").json()["sandbox_layers"]
    second_stack.signal(signal.SIGKILL)
    try:
        # With the stack and the runner killed at once, only a PID namespace ends what the program started.
        with (
            contextlib.nullcontext() if layers["pid_namespace"] or name != "sleep 600" else pytest.raises(ProcessesLeft)
        ):
            wait_until_gone(everyone)
    finally:
        for each in everyone:
            each.kill()
        second_stack.kill()
        second_stack.start()  # on the same state, whatever it was in the middle of
    assert second_stack.client.run("print('again')")["stdout"] == "again\n"
