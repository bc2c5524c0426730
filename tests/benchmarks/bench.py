"""`make bench`: what LiveCode costs over the bare interpreter, as ratios against a floor measured in the same run.

Floors and calls alternate, so that a machine whose speed drifts slows both alike. Nothing here passes or fails.
"""

import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from livecode import messages
from livecode.domain import TERMINAL_STATUSES
from livecode.languages import CPP, JAVASCRIPT, LANGUAGES, PYTHON, Language
from livecode_runner.config import SandboxSettings
from tests.e2e.stack import EmbeddedStack, running_stack

ROUNDS = {"python": 100, "javascript": 60, "c++": 15}
QUEUED_RUNS = 200
GETS = 300


@dataclass(frozen=True, kw_only=True)
class Row:
    name: str
    p50_ms: float
    p95_ms: float
    floor_p50_ms: float | None = None

    def text(self) -> str:
        line = f"{self.name:<34} {self.p50_ms:8.1f} {self.p95_ms:8.1f}"
        if self.floor_p50_ms is None:
            return line
        ratio, more = self.p50_ms / self.floor_p50_ms, self.p50_ms - self.floor_p50_ms
        return f"{line} {self.floor_p50_ms:8.1f} {ratio:7.2f} {more:+8.1f}"


def main() -> None:
    with running_stack() as stack:
        for language in LANGUAGES.values():
            end_to_end(stack, language)  # one each, so that every environment is warm
        rows = [language_row(stack, language) for language in (PYTHON, JAVASCRIPT, CPP)]
        rows.append(get_row(stack))
        rate, peak_mb = drain(stack)
    print(f"{'ms':<34} {'p50':>8} {'p95':>8} {'floor':>8} {'ratio':>7} {'more':>8}")
    for row in rows:
        print(row.text())
    print(f"\n{QUEUED_RUNS} queued python runs drained at {rate:.1f} a second")
    print(f"the stack's memory while doing it: at most {peak_mb:.0f} MB (proportional set size, all processes)")


def language_row(stack: EmbeddedStack, language: Language) -> Row:
    """POST run to the first terminal GET, against the same program run bare."""
    floors: list[float] = []
    calls: list[float] = []
    path = f"{stack.state / 'toolchain/bin'}:{SandboxSettings().sandbox_path}"
    for _ in range(ROUNDS[language.name]):
        floors.append(bare(language, path))
        calls.append(end_to_end(stack, language))
    return row(f"{language.name}: POST run to result", calls, floors)


def bare(language: Language, path: str) -> float:
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / language.source_file).write_text(language.echo_source)
        started = time.perf_counter()
        for command in (language.compile, language.run):
            if command:
                program = shutil.which(command[0], path=path) or str(folder / command[0])
                subprocess.run([program, *command[1:]], cwd=folder, env={"PATH": path}, check=True, capture_output=True)
        return (time.perf_counter() - started) * 1000
    finally:
        shutil.rmtree(folder)


def end_to_end(stack: EmbeddedStack, language: Language) -> float:
    client = stack.client
    session = client.create(language.echo_source, language.name)
    started = time.perf_counter()
    execution_id = client.start(session)
    while client.get(execution_id)["status"] not in TERMINAL_STATUSES:
        time.sleep(0.005)
    return (time.perf_counter() - started) * 1000


def get_row(stack: EmbeddedStack) -> Row:
    execution_id = stack.client.run(PYTHON.echo_source)["execution_id"]
    with httpx.Client(base_url=stack.base_url) as http:
        return row("GET execution through the gateway", timed(lambda: http.get(f"/executions/{execution_id}"), GETS))


def drain(stack: EmbeddedStack) -> tuple[float, float]:
    """Runs a second from the first claim to the last finish, and the peak of the stack's memory meanwhile.

    The backlog is laid by SQL and in batches: 200 calls of the API would keep the machine busy while it drains.
    """
    rows = stack.sql(
        "WITH session AS (INSERT INTO code_sessions (id, language, source_code, run_tokens)"
        " VALUES (gen_random_uuid(), 'python', :source, 10) RETURNING id)"
        " INSERT INTO executions (id, session_id, language, source_code, status)"
        " SELECT gen_random_uuid(), session.id, 'python', :source, 'QUEUED' FROM session, generate_series(1, :n)"
        " RETURNING id, session_id",
        source=PYTHON.echo_source,
        n=QUEUED_RUNS,
    )
    for start in range(0, QUEUED_RUNS, 10):
        stack.sqs.send_message_batch(
            QueueUrl=stack.queue_url,
            Entries=[
                {"Id": str(number), "MessageBody": messages.encode(row.id)}
                for number, row in enumerate(rows[start : start + 10])
            ],
        )
    session_id, peak = rows[0].session_id, 0.0
    while True:
        peak = max(peak, memory_mb(stack))
        [state] = stack.sql(
            "SELECT count(*) FILTER (WHERE status = 'COMPLETED') AS done,"
            " extract(epoch FROM max(finished_at) - min(started_at)) AS seconds"
            " FROM executions WHERE session_id = :id",
            id=session_id,
        )
        if state.done == QUEUED_RUNS:
            return QUEUED_RUNS / float(state.seconds), peak
        time.sleep(0.2)


def memory_mb(stack: EmbeddedStack) -> float:
    """Proportional set size of every process of the stack: shared pages count once."""
    total = 0
    for process in stack.processes():
        try:
            for line in Path(f"/proc/{process.pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            continue  # it has just ended
    return total / 1024


def timed(call: Callable[[], object], times: int) -> list[float]:
    samples = []
    for _ in range(times):
        started = time.perf_counter()
        call()
        samples.append((time.perf_counter() - started) * 1000)
    return samples


def row(name: str, samples: Sequence[float], floors: Sequence[float] = ()) -> Row:
    ordered = sorted(samples)
    return Row(
        name=name,
        p50_ms=statistics.median(ordered),
        p95_ms=ordered[int(len(ordered) * 0.95)],
        floor_p50_ms=statistics.median(floors) if floors else None,
    )


if __name__ == "__main__":
    main()
