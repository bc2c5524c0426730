"""Asks a runner for a probe and prints its report as a table.

python -m livecode_probe [embedded | image | function NAME OR ARN] [--json FILE]
"""

import argparse
import json
import os
import sys
from pathlib import Path

from livecode_docker.images import PROJECT
from livecode_embedded.errors import StackError
from livecode_embedded.state import open_state_folder
from livecode_probe.invoke import probe_function
from livecode_probe.table import render
from livecode_probe.targets import probe_embedded, probe_image


def main(arguments: list[str]) -> int:
    wanted = _parse(arguments)
    try:
        if wanted.target == "function":
            report = probe_function(wanted.function)
        else:
            state = open_state_folder(Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode"))
            report = probe_image(state) if wanted.target == "image" else probe_embedded(state)
        if wanted.json:
            Path(wanted.json).write_text(json.dumps(report, indent=2) + "\n")
    except (StackError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(render(report))
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="livecode_probe", description=__doc__)
    parser.add_argument("target", nargs="?", default="embedded", choices=["embedded", "image", "function"])
    parser.add_argument("function", nargs="?", help="name or ARN of a deployed function, after `function`")
    parser.add_argument("--json", metavar="FILE", help="keep the report there, as the function answered it")
    wanted = parser.parse_args(arguments)
    if (wanted.target == "function") != bool(wanted.function):
        parser.error("a function's name or ARN follows the word function, and no other")
    return wanted


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
