"""Runs each language's echo program in the sandbox: the last step of building the image.

python -m livecode_runner.self_check
"""

import sys
import tempfile

from livecode.domain import RunLimits
from livecode.languages import LANGUAGES
from livecode_runner.config import SandboxSettings
from livecode_runner.execute import execute
from livecode_runner.sandbox import Sandbox

_WALL_TIME_SECONDS = 60.0  # a machine that builds images is a busy one


def main() -> int:
    """Runs the echo programs; returns 0 if every language says hello, otherwise prints what it did instead."""
    settings = SandboxSettings()
    limits = RunLimits(run_wall_time_seconds=_WALL_TIME_SECONDS, compile_wall_time_seconds=_WALL_TIME_SECONDS)
    with tempfile.TemporaryDirectory() as root:
        sandbox = Sandbox.prepare(settings.sandbox_path, root=root)
        if missing := sandbox.missing(settings.required_layers):
            sys.stderr.write(f"The sandbox lacks {', '.join(missing)}.\n")
            return 1
        for language in LANGUAGES.values():
            outcome = execute(
                language, language.echo_source, limits, sandbox, time_left_seconds=lambda: 4 * _WALL_TIME_SECONDS
            )
            if outcome.stdout != f"hello from {language.name}\n":
                sys.stderr.write(f"{language.name} does not say hello: {outcome}\n")
                return 1
            sys.stdout.write(outcome.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
