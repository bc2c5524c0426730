"""Where log lines go: word for word to one file a function, and in a form to read to the stack's own stdout."""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livecode_embedded.log_files import RotatingLog

# What powertools adds to each line and a reader of the terminal can do without.
_LEFT_OUT = {
    "level", "message", "timestamp", "location", "service", "cold_start", "function_name", "function_memory_size",
    "function_arn", "function_request_id", "xray_trace_id", "exception", "exception_name", "stack_trace",
    "log_level", "logger", "requestId", "stackTrace", "errorMessage", "errorType",
}  # fmt: skip
_HARMLESS = {"DEBUG", "INFO"}
_PLATFORM = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def say(text: str) -> None:
    """Prints one line on stdout, at once, so that it also shows when stdout is a pipe."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has gone; the stack goes on, and so do the files.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError:
        pass  # stdout is a file on a full disk; the line is lost


class Terminal:
    """The log on stdout. While `quiet`, as during the start, only warnings and errors show."""

    def __init__(self) -> None:
        self.quiet = False

    def log(self, name: str, text: str, *, level: str = "INFO") -> None:
        if self.quiet and level in _HARMLESS:
            return
        now = time.time()
        clock = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now * 1000) % 1000:03d}"
        say(f"{clock} {level:<7} {name:<16} {text}")


class FunctionLogs:
    """The log files of all functions, `<folder>/<FunctionName>.log`."""

    def __init__(self, folder: Path, *, terminal: Terminal) -> None:
        self._folder = folder
        self._terminal = terminal
        self._files: list[RotatingLog] = []
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def sink(self, function_name: str) -> Callable[[str], None]:
        def warn(text: str) -> None:
            self._terminal.log(function_name, text, level="WARNING")

        file = RotatingLog(self._folder / f"{function_name}.log", warn=warn)
        self._files.append(file)

        def write(line: str) -> None:
            file.write(line)
            if (readable := condense(line)) is not None:
                level, text = readable
                self._terminal.log(function_name, text, level=level)

        return write

    def close(self) -> None:
        for file in self._files:
            file.close()


def condense(line: str) -> tuple[str, str] | None:
    """Returns level and text of a log line; None for one that is not for the terminal (metrics, START and the like)."""
    if not line.strip() or line.startswith(_PLATFORM):
        return None
    if not line.startswith("{"):
        return "INFO", line.replace("\r", "\n")
    try:
        record: dict[str, Any] = json.loads(line)
    except ValueError:
        return "INFO", line
    if "_aws" in record:  # a metric in CloudWatch's embedded format
        return None
    values = " ".join(f"{key}={_short(value)}" for key, value in record.items() if key not in _LEFT_OUT)
    message = record.get("message") or f"{record.get('errorType', '')}: {record.get('errorMessage', '')}"
    trace = record.get("exception") or "".join(record.get("stackTrace") or [])
    text = " ".join(filter(None, [str(message), values]))
    return str(record.get("level", "INFO")), "\n".join(filter(None, [text, str(trace).rstrip()]))


def _short(value: Any) -> str:
    return value if isinstance(value, str) and " " not in value else json.dumps(value)
