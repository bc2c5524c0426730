"""Processes that do not end are a reason to end the environment: no later run may have them beside it."""

import subprocess
import sys

import pytest

_RUNNER = """
import os, sys
from livecode_runner.sandbox import SandboxBroken
from livecode_runner.sandbox.ending.process_tree import ProcessTree
tree = ProcessTree(uid=None, sweep_seconds=float(sys.argv[1]))
for _ in range(20):
    os.posix_spawn("/bin/sleep", ["sleep", "60"], {}, setsid=True)
try:
    print("ended", tree.end() >= 0)
except SandboxBroken as broken:
    print(broken)
"""


@pytest.mark.parametrize(
    ("sweep_seconds", "said"),
    [
        pytest.param("10", "ended True", id="they end in time"),
        pytest.param("-1", "processes of the run survive SIGKILL", id="they take longer than we wait"),
    ],
)
def test_says_that_processes_survive(sweep_seconds, said):
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER, sweep_seconds],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines()[0] == said, done.stderr
