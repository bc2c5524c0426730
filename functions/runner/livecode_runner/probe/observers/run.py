"""Makes every observation, and prints each as one line of JSON when it is made: who kills us has what is there by then.

python3 observers.pyz '{"syscalls": {"unshare": 272, ...}, "runtime_api": "127.0.0.1:9001"}'
"""

import json
import platform
import signal
import sys
from collections.abc import Mapping
from typing import Any

from . import attempts, folders, identity, kernel, limits, network, processes, speculation
from .calls import ATTEMPT_SECONDS, Json, NotObserved, Observer, describe

_SECCOMP = {"x86_64": 317, "aarch64": 277}  # asm/unistd_64.h and asm-generic/unistd.h

Sections = Mapping[str, Mapping[str, Observer]]


def sections(settings: Mapping[str, Any]) -> Sections:
    """Lists all observers, in the order in which their findings are shown."""
    return {
        "kernel": kernel.OBSERVERS,
        "identity": identity.OBSERVERS,
        "processes": processes.OBSERVERS,
        "limits": limits.OBSERVERS,
        "folders": folders.FOLDERS,
        "shared_memory": folders.SHARED_MEMORY,
        "attempts": attempts.attempts(settings["syscalls"]),
        "network": network.observers(settings["runtime_api"]),
        "seccomp": speculation.observers(_SECCOMP.get(platform.machine(), -1)),
    }


def observe(wanted: Sections) -> None:
    """Prints the names of all first; then one that fails or hangs fails by itself."""
    _print({"expected": [[section, item] for section, observers in wanted.items() for item in observers]})
    signal.signal(signal.SIGALRM, _give_up)
    for section, observers in wanted.items():
        for item, observer in observers.items():
            line: dict[str, Json] = {"section": section, "item": item}
            try:
                signal.alarm(ATTEMPT_SECONDS + 1)  # a child of its own has given up by then
                line["value"] = observer()
            except Exception as error:  # noqa: BLE001 - whatever it is, the others are to be made
                line["error"] = describe(error)
            finally:
                signal.alarm(0)
            _print(line)


def _give_up(*_: object) -> None:
    raise NotObserved("it took too long")


def _print(line: Mapping[str, Json]) -> None:
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def main() -> None:
    observe(sections(json.loads(sys.argv[1])))
