"""A client of LiveCode as its users write one: create a session, run it, poll the execution."""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import httpx

TERMINAL = frozenset({"COMPLETED", "FAILED", "TIMEOUT"})
T = TypeVar("T")
Execution = dict[str, Any]
# As a page in a browser calls: answers then have to allow it.
PAGE_HEADERS = {"origin": "https://editor.example"}
if api_key := os.environ.get("LIVECODE_API_KEY"):  # of a service that serves nobody without
    PAGE_HEADERS["x-api-key"] = api_key


def poll(
    question: Callable[[], T | None], *, what: str, deadline_s: float = 30, pause_s: float = 0.05, growth: float = 1
) -> T:
    """Asks until the answer is neither None nor False; AssertionError at the deadline.

    Each pause is `growth` times the one before, up to half a second.
    """
    ends = time.monotonic() + deadline_s
    while True:
        answer = question()
        if answer is not None and answer is not False:
            return answer
        assert time.monotonic() < ends, f"not within {deadline_s:g} s: {what}"
        time.sleep(pause_s)
        pause_s = max(pause_s, min(pause_s * growth, 0.5))


def elapsed_ms(execution: Execution) -> float:
    """From the claim of an execution to its end, by the database's clock: no less than its program can have taken."""
    started, finished = (datetime.fromisoformat(execution[name]) for name in ("started_at", "finished_at"))
    return (finished - started).total_seconds() * 1000 + 1  # the program's own time is rounded up


@dataclass(frozen=True, kw_only=True)
class LiveCode:
    """`http` has the base URL; it may be used by several threads."""

    http: httpx.Client

    def create(self, source: str = "", language: str = "python") -> str:
        answer = self.http.post("/code-sessions", json={"language": language, "source_code": source})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session_id"])

    def start(self, session_id: str) -> str:
        answer = self.http.post(f"/code-sessions/{session_id}/run")
        assert answer.status_code == 202, answer.text
        return str(answer.json()["execution_id"])

    def submit(self, source: str, language: str = "python") -> str:
        """Queues one run of a new session; its execution id."""
        return self.start(self.create(source, language))

    def get(self, execution_id: str) -> Execution:
        answer = self.http.get(f"/executions/{execution_id}")
        assert answer.status_code == 200, answer.text
        execution: Execution = answer.json()
        return execution

    def wait(self, execution_id: str, *, deadline_s: float = 120) -> Execution:
        """The execution once it is terminal."""

        def terminal() -> Execution | None:
            execution = self.get(execution_id)
            return execution if execution["status"] in TERMINAL else None

        # Asking takes time from what runs: under LocalStack, half a core at twenty times a second.
        what = f"execution {execution_id} is terminal"
        return poll(terminal, what=what, deadline_s=deadline_s, growth=1.3)

    def wait_for_start(self, execution_id: str, *, deadline_s: float = 60) -> None:
        def begun() -> bool:
            return bool(self.get(execution_id)["status"] != "QUEUED")

        poll(begun, what=f"execution {execution_id} is begun", deadline_s=deadline_s)

    def run(self, source: str, language: str = "python") -> Execution:
        return self.wait(self.submit(source, language))

    def run_all(self, programs: list[tuple[str, str]]) -> list[Execution]:
        """Runs (source, language) side by side; results in the order of the programs."""
        with ThreadPoolExecutor(8) as pool:
            ids = list(pool.map(lambda program: self.submit(*program), programs))
        return [self.wait(execution_id) for execution_id in ids]
