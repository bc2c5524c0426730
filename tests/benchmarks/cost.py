"""`make cost`: measures what a run uses on the embedded stack, and prints what that costs on AWS.

    python -m tests.benchmarks.cost [docs/deploy.md]

Billed milliseconds come from the functions' own REPORT lines, memory and the rest from the template.
"""

import os
import re
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

from livecode.domain import TERMINAL_STATUSES
from livecode.languages import CPP, JAVASCRIPT, LANGUAGES, PYTHON, Language
from tests.benchmarks.prices import Deployment, Usage, render
from tests.e2e.client import poll
from tests.e2e.stack import ROOT, EmbeddedStack, running_stack

ROUNDS = {"python": 60, "javascript": 60, "c++": 60}
SWEEPS = 20
READS = 3
READ_PAUSE_S = 0.3
IMAGE_GB = 0.185  # compressed, as `make image` prints
WRITES = 4  # session, execution, claim, finish: each at least one I/O
WAL_IO_BYTES = 4096  # Aurora counts what it writes in pieces of so much log
_BEGIN, _END = "<!-- the costs, made by `make cost` -->\n", "<!-- the end of the costs -->\n"
_LAMBDAS_OWN = re.compile(r"^(?:START|END|REPORT) RequestId: .*\n", re.MULTILINE)
_REPORT = re.compile(r"^REPORT .*?\tBilled Duration: (\d+) ms.*?(?:\tInit Duration: ([\d.]+) ms)?$", re.MULTILINE)


def main() -> None:
    with running_stack() as stack:
        usage = measure(stack)
        load = os.getloadavg()[0]
    deployment = read_template(ROOT / "infra/template.yaml")
    rounds = ", ".join(f"{count} in {language}" for language, count in ROUNDS.items())
    text = f"Medians of {rounds}, on {os.cpu_count()} cores at a load of {load:.0f}.\n\n{render(usage, deployment)}"
    print(text)
    for path in map(Path, sys.argv[1:]):
        page = path.read_text()
        path.write_text(re.sub(f"(?s){re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: _BEGIN + text + _END, page))


def measure(stack: EmbeddedStack) -> Usage:
    for language in LANGUAGES.values():
        stack.client.run(language.echo_source, language.name)  # so that the environments have started
    runs, api_seen = sum(ROUNDS.values()), len(reports(stack, "ApiFunction"))
    log_before, (wal_before, tables_before) = log_bytes(stack), database_bytes(stack)
    runner_ms, answer_bytes = {}, 0
    for language in (PYTHON, JAVASCRIPT, CPP):
        runner_seen = len(reports(stack, "RunnerFunction"))
        for _ in range(ROUNDS[language.name]):
            answer_bytes += call(stack, language)
        runner_ms[language.name] = median_ms(reports(stack, "RunnerFunction")[runner_seen:])
    log_after, (wal_after, tables_after) = log_bytes(stack), database_bytes(stack)
    calls = reports(stack, "ApiFunction")[api_seen:]
    for _ in range(SWEEPS):
        stack.invoke("SweeperFunction")
    return Usage(
        runner_ms=runner_ms,
        runner_start_ms=statistics.median(each.start_ms for each in reports(stack, "RunnerFunction") if each.start_ms),
        api_ms=median_of_sequences(calls, READS + 2),
        api_calls=READS + 2,
        sweeper_ms=median_ms(reports(stack, "SweeperFunction")),
        log_bytes=(log_after - log_before) / runs,
        answer_bytes=answer_bytes / runs,
        database_ios=max(WRITES, (wal_after - wal_before) / runs / WAL_IO_BYTES),
        database_bytes=(tables_after - tables_before) / runs,
    )


def call(stack: EmbeddedStack, language: Language) -> int:
    """One run as a client asks for it, to its end; the bytes of the answers."""
    http = stack.client.http
    answers = [http.post("/code-sessions", json={"language": language.name, "source_code": language.echo_source})]
    answers.append(http.post(f"/code-sessions/{answers[0].json()['session_id']}/run"))
    execution_id = answers[1].json()["execution_id"]
    for _ in range(READS):
        time.sleep(READ_PAUSE_S)
        answers.append(http.get(f"/executions/{execution_id}"))

    def ended() -> bool:
        [row] = stack.sql("SELECT status FROM executions WHERE id = CAST(:id AS uuid)", id=execution_id)
        return row.status in TERMINAL_STATUSES

    poll(ended, what=f"execution {execution_id} is terminal")
    return sum(len(answer.raise_for_status().content) for answer in answers)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What Lambda says of one invocation; `start_ms` is 0 where the environment had started before."""

    billed_ms: int
    start_ms: float


def parse_reports(log: str) -> list[Report]:
    return [Report(billed_ms=int(ms), start_ms=float(start or 0)) for ms, start in _REPORT.findall(log)]


def reports(stack: EmbeddedStack, function: str) -> list[Report]:
    return parse_reports(stack.logs(function))


def median_ms(found: Sequence[Report]) -> float:
    return statistics.median(each.billed_ms for each in found if not each.start_ms)


def median_of_sequences(found: Sequence[Report], length: int) -> float:
    """Of the sums of so many calls each, in the order they were made; sequences in which one started are left out."""
    sequences = [found[start : start + length] for start in range(0, len(found), length)]
    return statistics.median(
        sum(each.billed_ms for each in sequence)
        for sequence in sequences
        if len(sequence) == length and not any(each.start_ms for each in sequence)
    )


def log_bytes(stack: EmbeddedStack) -> int:
    return sum(len(without_lambdas_own(stack.logs(function))) for function in ("ApiFunction", "RunnerFunction"))


def without_lambdas_own(log: str) -> str:
    """What stays of a log at the template's SystemLogLevel."""
    return _LAMBDAS_OWN.sub("", log)


def database_bytes(stack: EmbeddedStack) -> tuple[int, int]:
    """What was ever written to the log of the database, and what its tables hold now."""
    [row] = stack.sql(
        "SELECT wal_bytes, (SELECT sum(pg_total_relation_size(relid)) FROM pg_stat_user_tables) AS tables"
        " FROM pg_stat_wal"
    )
    return int(row.wal_bytes), int(row.tables)


def read_template(path: Path) -> Deployment:
    document = yaml_parse(path.read_text())
    resources, parameters = document["Resources"], document["Parameters"]

    def memory(function: str) -> int:
        return int(resources[function]["Properties"]["MemorySize"])

    kinds = [resource["Type"] for resource in resources.values()]
    functions = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::Serverless::Function"]
    events = [event["Type"] for function in functions for event in function.get("Events", {}).values()]
    return Deployment(
        api_mb=memory("ApiFunction"),
        runner_mb=memory("RunnerFunction"),
        runner_disk_mb=int(resources["RunnerFunction"]["Properties"]["EphemeralStorage"]["Size"]),
        sweeper_mb=memory("SweeperFunction"),
        minimum_acu=float(parameters["DatabaseMinCapacity"]["Default"]),
        zones=kinds.count("AWS::EC2::Subnet"),
        alarms=kinds.count("AWS::CloudWatch::Alarm"),
        event_sources=events.count("SQS"),
        image_gb=IMAGE_GB,
        trace_share=float(parameters["TraceShare"]["Default"]),
        # Without the standby's, which is made on request.
        dns_names=sum(
            isinstance(name, str) or "Fn::If" not in name
            for each in resources.values()
            if each["Type"] == "AWS::Route53Resolver::FirewallDomainList"
            for name in each["Properties"]["Domains"]
        ),
    )


if __name__ == "__main__":
    main()
