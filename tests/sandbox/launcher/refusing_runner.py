"""Prepares a sandbox, breaks it if asked to, tries one program, and prints as JSON what came of it.

A process of its own, because preparing changes the process for good.

    python3 refusing_runner.py PATH ROOT REQUIRED BREAK [LAYER TO LEAVE OUT ...]

PATH is where programs find their interpreters; REQUIRED is a comma-separated list; BREAK a file to spoil between
preparing and running, or nothing.
"""

import json
import sys
from pathlib import Path

from livecode.domain import RunLimits
from livecode.errors import TransientError
from livecode.languages import LANGUAGES
from livecode_runner.execute import execute
from livecode_runner.sandbox import Sandbox


def main() -> None:
    search_path, root, required, to_break, *without = sys.argv[1:]
    sandbox = Sandbox.prepare(search_path, root=root, without=without)
    if to_break:
        path = Path(to_break)
        path.unlink()
        path.write_bytes(b"spoiled")
    answer: dict[str, object] = {"missing": sandbox.missing(required.split(","))}
    try:
        outcome = execute(LANGUAGES["python"], "print(1)", RunLimits(), sandbox, time_left_seconds=lambda: 60)
        answer["printed"] = outcome.stdout
    except TransientError as error:
        answer["refused"] = str(error)
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
