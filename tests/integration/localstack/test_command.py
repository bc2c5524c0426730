"""`python -m livecode_localstack`: says what is wrong in one line, and leaves nothing behind."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from livecode_embedded.ports import free_port
from tests.e2e.processes import mentioning, wait_until_gone
from tests.e2e.stack import stack_folder
from tests.toolchain import link_toolchain

ROOT = Path(__file__).parents[3]


def refusal(*arguments: str, variables: Mapping[str, str] | None = None) -> str:
    """What the command says when it ends with status 1: one line."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "DATABASE_", "LIVECODE_"))
    }
    done = subprocess.run(
        [sys.executable, "-m", "livecode_localstack", *arguments],
        env={**kept, "PYTHONPATH": f"{ROOT}/localstack:{ROOT}/layers/runtimes/python", **(variables or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done
    [line] = done.stderr.splitlines()
    return line


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield str(server.getsockname()[1])


@pytest.fixture
def unused_port():
    return str(free_port())


def test_says_how_localstack_is_installed(tmp_path):
    said = refusal("up", "--state-dir", str(tmp_path), "--python", str(tmp_path / "python"))
    assert said == "LocalStack is not installed; `make localstack` installs and starts it."


def test_names_a_port_that_is_taken_and_the_setting(tmp_path, taken_port):
    said = refusal("up", "--state-dir", str(tmp_path), "--python", sys.executable, "--port", taken_port)
    assert taken_port in said
    assert "LIVECODE_LOCALSTACK_PORT" in said


def test_a_localstack_that_ends_at_once_is_told_with_its_last_line_and_nothing_is_left(unused_port):
    with stack_folder() as folder:
        python = folder / "python"
        python.write_text("#!/bin/sh\necho starting\necho no licence\nexit 1\n")
        python.chmod(0o755)
        state = folder / "state"
        state.mkdir()
        link_toolchain(state)
        said = refusal("up", "--state-dir", str(state), "--python", str(python), "--port", unused_port)
        assert said.startswith("LocalStack does not start: no licence (log: ")
        wait_until_gone(mentioning(str(folder)))


def test_a_template_that_is_none_is_refused(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text("Resources: [\n")
    for command in (["up", "--state-dir", str(tmp_path), "--python", sys.executable], ["deploy"]):
        variables = {"DATABASE_URL": "postgresql://somewhere/x"}
        assert "is no template" in refusal(*command, "--template", str(template), variables=variables)


def test_deploy_asks_for_a_database():
    assert refusal("deploy").startswith("Give DATABASE_URL")


def test_deploy_says_where_no_localstack_answers(unused_port):
    endpoint = f"http://127.0.0.1:{unused_port}"
    variables = {"DATABASE_URL": "postgresql://somewhere/x", "AWS_ENDPOINT_URL": endpoint}
    assert refusal("deploy", variables=variables).startswith(f"LocalStack at {endpoint} refuses: Could not connect")


def test_a_newer_localstack_in_containers_needs_a_token():
    said = refusal("containers-up", variables={"LOCALSTACK_VERSION": "latest", "LOCALSTACK_AUTH_TOKEN": ""})
    assert said.startswith("LocalStack latest needs LOCALSTACK_AUTH_TOKEN;")
