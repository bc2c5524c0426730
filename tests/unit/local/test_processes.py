"""What a killed process leaves behind is ended and reaped by the stack."""

import subprocess
import sys
from pathlib import Path

_LOCALSTACK = Path(__file__).parents[3] / "localstack"

# A process of its own, because whoever adopts orphans does so for good.
_ADOPTER = """
import os, subprocess
from livecode_local.processes import adopt_orphans, kill_orphans
adopt_orphans()
subprocess.run(["sh", "-c", "for each in 1 2 3 4 5; do sleep 60 & done"])
children = f"/proc/self/task/{os.getpid()}/children"
print(len(open(children).read().split()))
kill_orphans()
print(len(open(children).read().split()))
"""


def test_orphans_are_killed_and_reaped() -> None:
    adopter = [sys.executable, "-c", _ADOPTER]
    done = subprocess.run(adopter, capture_output=True, text=True, cwd=_LOCALSTACK, timeout=30)
    assert (done.stdout.split(), done.stderr) == (["5", "0"], "")
