"""Every observation of the probe is made here too, by a process that nothing confines."""

import json
import os
import platform
import subprocess
import sys

from livecode_runner.probe.report import read_view
from livecode_runner.sandbox.kernel.syscalls import SYSCALLS
from livecode_runner.sandbox.starting.seccomp import ARCHITECTURES

_OBSERVE = "from livecode_runner.probe.observers.run import main; main()"


def test_every_observation_is_made_or_says_why_not() -> None:
    column = list(ARCHITECTURES).index(platform.machine())
    settings = {"syscalls": {name: numbers[column] for name, numbers in SYSCALLS.items()}, "runtime_api": "127.0.0.1:1"}
    done = subprocess.run(
        [sys.executable, "-c", _OBSERVE, json.dumps(settings)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        check=True,
        timeout=120,
    )
    view = read_view(done.stdout, None)
    assert view.error is None
    assert set(view.findings) == {
        *("kernel", "identity", "processes", "limits", "folders", "shared_memory", "attempts", "network", "seccomp")
    }
    observed = [finding for section in view.findings.values() for finding in section.values() if finding.error is None]
    told = [finding.error for section in view.findings.values() for finding in section.values() if finding.error]
    assert len(observed) > len(told)
    assert "nothing was printed" not in told
    assert view.findings["identity"]["uid"].value == [os.getuid()]
