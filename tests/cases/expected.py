"""How a program of the cases is written down: what is run, and what must come of it."""

import math
import re
from dataclasses import dataclass
from typing import Any

STREAM_LIMIT_BYTES = 100 * 1024
ANYTHING = re.compile("")
# What no program may ever get to see. The words are names of our settings and forms of our secrets.
SECRETS = re.compile(r"AWS_|LAMBDA|DATABASE_|_QUEUE_URL|postgres(ql)?://|arn:aws|(?-i:LIVECODE_)", re.IGNORECASE)

Text = str | re.Pattern[str]


def without_secrets(pattern: str = "") -> re.Pattern[str]:
    """Matches text that has `pattern` and none of our secrets."""
    return re.compile(rf"\A(?!.*({SECRETS.pattern}))(?=.*({pattern}))", re.DOTALL | re.IGNORECASE)


def starting(text: str) -> re.Pattern[str]:
    return re.compile(rf"\A{re.escape(text)}")


def containing(*texts: str) -> re.Pattern[str]:
    return re.compile(r"\A" + "".join(f"(?=.*{re.escape(text)})" for text in texts), re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Expected:
    """An outcome; a pattern is searched for, a string must be all there is, None in `truncated` leaves it open."""

    status: str = "COMPLETED"
    reason: str | None = None
    exit_code: int | None = 0
    signal: str | None = None
    stdout: Text = ""
    stderr: Text = ""
    compile_output: Text = ""
    stdout_truncated: bool | None = False
    stderr_truncated: bool | None = False
    compile_output_truncated: bool | None = False
    least_execution_time_ms: int = 0
    least_cpu_time_ms: int = 0
    most_execution_time_ms: float = math.inf
    most_memory_kb: float = math.inf

    def differences(self, execution: dict[str, Any]) -> list[str]:
        """What of an execution is not as expected, in words; empty if all of it is."""
        found = []
        for name in ("status", "reason", "exit_code", "signal"):
            if execution[name] != getattr(self, name):
                found.append(f"{name} is {execution[name]!r}, not {getattr(self, name)!r}")
        for name in ("stdout", "stderr", "compile_output"):
            actual, wanted = execution[name], getattr(self, name)
            if not (wanted.search(actual) if isinstance(wanted, re.Pattern) else actual == wanted):
                found.append(f"{name} is {shortened(actual)}, not {wanted if len(str(wanted)) < 500 else '…'!r}")
            truncated = getattr(self, f"{name}_truncated")
            if truncated not in (None, execution[f"{name}_truncated"]):
                found.append(f"{name}_truncated is {execution[f'{name}_truncated']}")
        for name in ("execution_time_ms", "cpu_time_ms"):
            least = getattr(self, f"least_{name}")
            if least and execution[name] < least:
                found.append(f"{name} is {execution[name]}, less than {least}")
        for name in ("execution_time_ms", "memory_kb"):
            most = getattr(self, f"most_{name}")
            if most < math.inf and execution[name] > most:
                found.append(f"{name} is {execution[name]}, more than {most}")
        return found


@dataclass(frozen=True, kw_only=True)
class Program:
    """`cases` are ids of cases.json. Any of several outcomes will do. With `small_limits` it runs where a run and a
    compile may take two seconds; it `needs` what not every target of the end-to-end suite has."""

    cases: tuple[str, ...]
    name: str
    language: str = "python"
    source: str
    outcomes: tuple[Expected, ...]
    small_limits: bool = False
    needs: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return " ".join((*self.cases, self.name))


def prints(stdout: Text, **more: Any) -> tuple[Expected, ...]:
    return (Expected(stdout=stdout, **more),)


def fails(exit_code: int = 1, **more: Any) -> tuple[Expected, ...]:
    return (Expected(**{"status": "FAILED", "reason": "RUNTIME_ERROR", "exit_code": exit_code, **more}),)


def dies(signal: str, **more: Any) -> tuple[Expected, ...]:
    return (Expected(**{"status": "FAILED", "reason": "RUNTIME_ERROR", "exit_code": None, "signal": signal, **more}),)


def is_killed(reason: str, **more: Any) -> tuple[Expected, ...]:
    return dies("SIGKILL", **{"reason": reason, **more})


def times_out(stdout: Text = "", **more: Any) -> tuple[Expected, ...]:
    """Under the small limits."""
    ending = re.compile(r"(\A|\n)Execution exceeded 2 second timeout\n?\Z")
    return is_killed("TIME_LIMIT_EXCEEDED", **{"status": "TIMEOUT", "stdout": stdout, "stderr": ending, **more})


def does_not_compile(compile_output: Text, reason: str = "COMPILATION_ERROR", **more: Any) -> tuple[Expected, ...]:
    never_ran = {"exit_code": None, "signal": None, "compile_output": compile_output}
    return (Expected(**{"status": "FAILED", "reason": reason, **never_ran, **more}),)


def shortened(text: str) -> str:
    return repr(text) if len(text) <= 400 else f"{text[:200]!r} … {text[-100:]!r} ({len(text)} characters)"
