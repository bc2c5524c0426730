"""Builds the launcher as it is shipped and with sanitizers, and starts either: `launch(*arguments)`."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livecode_runner.sandbox.starting.spawn import spawn
from tests.sandbox.conftest import SANDBOX

Launch = Callable[..., bytes]
BUILD = SANDBOX / "build"


@pytest.fixture(scope="session")
def checked(built_sandbox: None) -> Path:
    """The folder of what was built with sanitizers."""
    made = subprocess.run(["make", "-s", "-C", str(SANDBOX), "checked"], capture_output=True, text=True, check=False)
    if made.returncode != 0 and "asan" in made.stderr and not os.environ.get("CI"):
        pytest.skip("the compiler has no sanitizers")
    assert made.returncode == 0, made.stderr
    return BUILD / "checked"


@pytest.fixture(params=["shipped", "with sanitizers"])
def launch(request: pytest.FixtureRequest, built_sandbox: None) -> Launch:
    """Runs the launcher; returns what the command printed. Raises SandboxFailed, which names the step that failed."""
    folder = BUILD if request.param == "shipped" else request.getfixturevalue("checked")

    def run(*arguments: str) -> bytes:
        program = spawn(str(folder / "launcher"), arguments, {"ASAN_OPTIONS": "detect_leaks=0"})
        try:
            _, status = os.waitpid(program.pid, 0)
            assert status == 0
            try:
                return os.read(program.stdout, 65536)
            except BlockingIOError:
                return b""
        finally:
            program.close()

    return run
