"""The command itself: starts, says what is wrong in one sentence, and leaves nothing behind."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from .conftest import DEADLINE_SECONDS, PROJECT

ROOT = Path(__file__).parents[3]
STOP_SECONDS = 5


class Command:
    def __init__(
        self,
        state,
        *arguments,
        port=0,
        template=PROJECT / "infra" / "template.yaml",
        self_check=False,
        descriptors=None,
    ):
        self.state = state
        self._said = ""
        settings = ["--port", str(port), "--state-dir", str(state), "--template", str(template)]
        settings += [] if self_check else ["--no-self-check"]
        limit = ["prlimit", f"--nofile={descriptors}:{descriptors}"] if descriptors else []
        self._process = subprocess.Popen(
            [*limit, sys.executable, "-m", "livecode_embedded", "up", *settings, *arguments],
            env={**os.environ, "PYTHONPATH": f"{ROOT}/localstack:{ROOT}/layers/runtimes/python"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def serving(self):
        """What stack.json says, once it is there."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while time.monotonic() < deadline:
            try:
                description = json.loads((self.state / "stack.json").read_text())
                if description["pids"]["stack"] == self._process.pid:
                    return description
            except (OSError, ValueError):
                pass  # not there yet
            assert self._process.poll() is None, self._process.communicate()
            time.sleep(0.02)
        raise AssertionError("the stack does not serve")

    def wait_for_line(self, words):
        """Reads what it says up to a line with these words; `result` gives all of it again."""
        assert self._process.stdout
        for line in self._process.stdout:
            self._said += line
            if words in line:
                return
        raise AssertionError(f"it ended without saying {words!r}: {self._said}")

    def signal(self, number):
        self._process.send_signal(number)

    def result(self, timeout=DEADLINE_SECONDS):
        output, errors = self._process.communicate(timeout=timeout)
        return self._process.returncode, self._said + output, errors

    def end(self):
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def command():
    started = []

    def start(*arguments, **settings):
        started.append(Command(*arguments, **settings))
        return started[-1]

    yield start
    for each in started:
        each.end()


def processes_of(description):
    return [pid for pids in description["pids"]["functions"].values() for pid in pids]


def wait_until_gone(pids):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while any(running(pid) for pid in pids):
        assert time.monotonic() < deadline, "processes of the stack are left"
        time.sleep(0.02)


def running(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serves_until_it_is_told_to_stop(command, state, number):
    stack = command(state)
    description = stack.serving()
    assert httpx.get(description["gateway_url"] + "/").status_code == 200
    assert (state / "stack.json").stat().st_mode & 0o777 == 0o600
    pids = processes_of(description)
    assert len(pids) == 2
    stack.signal(number)
    status, output, errors = stack.result(timeout=STOP_SECONDS)
    assert (status, errors) == (0, "")
    assert "LiveCode serves at" in output
    assert "curl" in output
    assert not any(running(pid) for pid in pids)
    assert not (state / "stack.json").exists()


def test_stops_while_a_function_works(command, state):
    stack = command(state)
    description = stack.serving()
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(description["gateway_url"] + "/echo", json={"act": "sleep", "seconds": 60}, timeout=0.5)
    stack.signal(signal.SIGTERM)
    status, _, errors = stack.result(timeout=STOP_SECONDS)
    assert (status, errors) == (0, "")
    assert not any(running(pid) for pid in processes_of(description))


def test_a_killed_stack_takes_its_processes_with_it(command, state):
    stack = command(state)
    description = stack.serving()
    stack.signal(signal.SIGKILL)
    wait_until_gone(processes_of(description))
    again = command(state)
    assert httpx.get(again.serving()["gateway_url"] + "/").status_code == 200


def test_serves_on_when_its_self_check_fails(command, state):
    stack = command(state, self_check=True)  # the project has none of the calls that the check makes
    stack.wait_for_line("LiveCode serves at")
    description = stack.serving()
    assert httpx.get(description["gateway_url"] + "/").status_code == 200
    stack.signal(signal.SIGTERM)
    status, output, errors = stack.result()
    assert (status, errors) == (0, "")
    assert output.count("WARNING: the self-check of ") == 3


def test_serves_beside_more_idle_connections_than_it_has_descriptors(command, state):
    stack = command(state, descriptors=400)
    url = stack.serving()["gateway_url"]
    with contextlib.ExitStack() as opened:
        for _ in range(500):
            idle = opened.enter_context(socket.create_connection(("127.0.0.1", int(url.rsplit(":", 1)[1])), timeout=10))
            idle.sendall(b"GET / HT")
        for _ in range(3):  # a new environment, too: the first is ended by what it does
            assert httpx.post(url + "/echo", json={"act": "exit"}, timeout=DEADLINE_SECONDS).status_code == 502
            assert httpx.get(url + "/", timeout=DEADLINE_SECONDS).status_code == 200
    stack.signal(signal.SIGTERM)
    status, output, errors = stack.result()
    assert (status, errors) == (0, "")
    assert "115 connections are open; for each new one the idlest is closed" in output


def test_says_that_the_port_is_taken(command, state):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        status, _, errors = command(state, port=port).result()
    assert status == 1
    assert errors.splitlines() == [
        f"Port {port} on 127.0.0.1 cannot be used (Address already in use); choose another with LIVECODE_PORT."
    ]


def test_says_that_a_stack_runs_there_already(command, state):
    command(state).serving()
    status, _, errors = command(state).result()
    assert status == 1
    assert errors.splitlines() == [f"A stack already runs on {state}; stop it first."]


def test_says_which_resource_it_does_not_know(command, state, tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text("Transform: AWS::Serverless-2016-10-31\nResources:\n  T: { Type: AWS::DynamoDB::Table }\n")
    status, _, errors = command(state, template=template).result()
    assert status == 1
    assert errors.splitlines() == ["The embedded stack does not know the resource type AWS::DynamoDB::Table (T)."]


def test_says_which_parameter_is_wrong(command, state):
    status, _, errors = command(state, "--parameter", "Colour=red").result()
    assert (status, errors) == (1, "The template has no parameter named Colour.\n")
    status, _, errors = command(state, "--parameter", "Colour").result()
    assert (status, errors) == (1, "A template parameter is given as Key=Value, not as 'Colour'.\n")


def test_says_why_a_function_does_not_start(command, state, project):
    (project / "functions" / "echo" / "echo.py").write_text("import no_such_module\n")
    status, _, errors = command(state, template=project / "infra" / "template.yaml").result()
    assert status == 1
    assert errors.startswith("A function does not start: Runtime.ImportModuleError: Unable to import module 'echo'")
    assert len(errors.splitlines()) == 1


def test_two_stacks_live_side_by_side(command, state, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    first, second = command(state).serving(), command(other).serving()
    assert first["gateway_url"] != second["gateway_url"]
    assert httpx.get(first["gateway_url"] + "/").status_code == 200
    assert httpx.get(second["gateway_url"] + "/").status_code == 200
