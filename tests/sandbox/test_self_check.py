"""The last step of building the image: each language's echo program, in the sandbox."""

import os
import subprocess
import sys

from livecode.languages import LANGUAGES


def self_check(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "livecode_runner.self_check"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **settings},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_language_says_hello(built_sandbox: None) -> None:
    checked = self_check()
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.splitlines() == [f"hello from {name}" for name in LANGUAGES]
