"""A process that runs programs as the runner does: one JSON request a line on stdin, one Outcome a line on stdout.

The event of a probe is a request too, and answered with its report.

A process of its own, so that a test can give it another uid, and can tell that it survived.

    python3 program_server.py PATH ROOT [LAYER TO LEAVE OUT ...]
"""

import dataclasses
import json
import os
import sys
from typing import Any

from livecode.domain import RunLimits
from livecode.languages import LANGUAGES
from livecode_runner.execute import EnvironmentOutOfTime, execute, installed_versions
from livecode_runner.probe import is_probe, probe_environment
from livecode_runner.sandbox import Sandbox
from livecode_runner.sandbox.kernel.procfs import all_pids, read_stat


def children_of_mine() -> list[int]:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []
    return [pid for pid in all_pids() if (stat := read_stat(pid)) and stat.parent == os.getpid()]


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def main() -> None:
    path, root, *without = sys.argv[1:]
    sandbox = Sandbox.prepare(path, root=root, without=without)
    report = {
        "layers": {str(layer): is_on for layer, is_on in sandbox.layers.items()},
        "versions": installed_versions(sandbox),
        "pid": os.getpid(),
    }
    send(report)
    for line in sys.stdin:
        request = json.loads(line)
        if is_probe(request):
            runtime_api = request.pop("runtime_api")
            probed = probe_environment(request, sandbox, RunLimits(), runtime_api=runtime_api, missing=())
            send(probed.as_json())
            continue
        time_left_seconds = request["time_left_seconds"]
        try:
            outcome = execute(
                LANGUAGES[request["language"]],
                request["source_code"],
                RunLimits(**request["limits"]),
                sandbox,
                time_left_seconds=lambda: time_left_seconds,  # noqa: B023 - called before the next request
            )
            answer: dict[str, Any] = {"outcome": dataclasses.asdict(outcome)}
        except EnvironmentOutOfTime:
            answer = {"error": "EnvironmentOutOfTime"}
        answer["children"] = children_of_mine()
        send(answer)


if __name__ == "__main__":
    main()
