"""What LiveCode costs on AWS, from what one run was measured to use: pure arithmetic, each step of it shown.

A month has 730 hours. No free tier is subtracted. The bill is computed for runs that come evenly: a database that must
grow past its minimum for a rush costs more, by the price of its capacity.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

HOURS = 730
MINUTES = HOURS * 60
SECONDS = MINUTES * 60
RUNS = 1_000_000

# US dollars, us-east-1, 2026-11. Nothing looks them up: check them before relying on the sums.
LAMBDA_GB_SECOND = 0.0000166667
LAMBDA_DISK_GB_SECOND = 0.0000000309  # above the 512 MB that are free
LAMBDA_REQUEST = 0.20 / 1e6
SNAPSTART_GB_SECOND = 0.0000015046  # keeping the snapshot of one published version
SNAPSTART_GB_RESTORED = 0.0001397998
API_GATEWAY_REQUEST = 3.50 / 1e6
SQS_REQUEST = 0.40 / 1e6
AURORA_ACU_HOUR = 0.12
AURORA_IO = 0.20 / 1e6
AURORA_GB_MONTH = 0.10
PROXY_ACU_HOUR = 0.015
ENDPOINT_ZONE_HOUR = 0.01
SECRET_MONTH = 0.40
ALARM_MONTH = 0.10
LOG_GB = 0.50
TRACE = 5.00 / 1e6
DNS_NAME_MONTH = 0.0005  # in a list of the DNS firewall
DNS_QUERY = 0.60 / 1e6  # that the DNS firewall looks at
IMAGE_GB_MONTH = 0.10
DATA_OUT_GB = 0.09

PROXY_MINIMUM_ACU = 8  # what RDS Proxy charges for at least, in front of Aurora Serverless v2
FULL_CPU_MB = 1769  # Lambda gives so much memory one vCPU, and less memory less of it
FREE_DISK_MB = 512
POLLERS = 5  # Lambda polls an idle queue so many times at once, for 20 s each
POLLS_A_MINUTE = 3
QUEUE_REQUESTS_OF_A_RUN = 3  # send, receive, delete
QUEUE_REQUESTS_OF_A_SWEEP = 2
DNS_QUERIES_OF_A_START = 4  # the database's and the queue's address, each of IPv4 and IPv6
COLD_SHARE = 0.01  # assumed: one call in a hundred starts an environment
ACCESS_LOG_BYTES = 400
HEADER_BYTES = 800


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Measured. Times are medians of billed milliseconds, without starts; everything else is of one run."""

    runner_ms: Mapping[str, float]  # by language
    runner_start_ms: float
    api_ms: float  # all calls of one run together
    api_calls: int
    sweeper_ms: float
    log_bytes: float
    answer_bytes: float
    database_ios: float
    database_bytes: float


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Read from the template, with its parameters' defaults."""

    api_mb: int
    runner_mb: int
    runner_disk_mb: int
    sweeper_mb: int
    minimum_acu: float
    zones: int
    alarms: int
    event_sources: int
    image_gb: float
    trace_share: float
    dns_names: int


@dataclass(frozen=True, kw_only=True)
class Item:
    """`of_database` says that it falls away with a database that is there already."""

    name: str
    arithmetic: str
    dollars: float
    of_database: bool = False


def lambda_ms(measured_ms: float, memory_mb: int) -> float:
    """Milliseconds on Lambda, where a function with less than one vCPU waits for it: at the worst, all the time."""
    return measured_ms * max(1.0, FULL_CPU_MB / memory_mb)


def invocations(count: float, measured_ms: float, memory_mb: int) -> Item:
    """Of one function; the caller names it."""
    ms, gb = lambda_ms(measured_ms, memory_mb), memory_mb / 1024
    slower = f" (measured {measured_ms:,.0f} × {FULL_CPU_MB} ÷ {memory_mb})" if ms > measured_ms else ""
    return Item(
        name="",
        arithmetic=f"{count:,.0f} × ({ms:,.0f} ms{slower} × {gb:g} GB + a request)",
        dollars=count * (ms / 1000 * gb * LAMBDA_GB_SECOND + LAMBDA_REQUEST),
    )


def traces(requests: float, share: float) -> float:
    """How many requests X-Ray records. The runs and sweeps behind them are not traced by default."""
    return requests * share


def idle(usage: Usage, deployment: Deployment) -> list[Item]:
    """A month in which nobody calls."""
    acu, zones, mappings = deployment.minimum_acu, deployment.zones, deployment.event_sources
    polls = mappings * POLLERS * POLLS_A_MINUTE * MINUTES + QUEUE_REQUESTS_OF_A_SWEEP * MINUTES
    sweeps = invocations(MINUTES, usage.sweeper_ms, deployment.sweeper_mb)
    snapshot_gb = deployment.api_mb / 1024
    return [
        Item(
            name="RDS Proxy",
            arithmetic=f"{PROXY_MINIMUM_ACU} ACU, the least it charges for × {HOURS} h × ${PROXY_ACU_HOUR}",
            dollars=PROXY_MINIMUM_ACU * HOURS * PROXY_ACU_HOUR,
            of_database=True,
        ),
        Item(
            name="Aurora Serverless v2",
            arithmetic=f"{acu:g} ACU, DatabaseMinCapacity × {HOURS} h × ${AURORA_ACU_HOUR}",
            dollars=acu * HOURS * AURORA_ACU_HOUR,
            of_database=True,
        ),
        Item(
            name="VPC endpoint for SQS",
            arithmetic=f"{zones} zones × {HOURS} h × ${ENDPOINT_ZONE_HOUR}",
            dollars=zones * HOURS * ENDPOINT_ZONE_HOUR,
            of_database=True,
        ),
        Item(name="The owner's secret", arithmetic="1", dollars=SECRET_MONTH, of_database=True),
        Item(
            name="SnapStart",
            arithmetic=f"{snapshot_gb:g} GB × {SECONDS:,} s × ${SNAPSTART_GB_SECOND * 1e6:.4f} a million, each version",
            dollars=snapshot_gb * SECONDS * SNAPSTART_GB_SECOND,
        ),
        Item(
            name="Alarms",
            arithmetic=f"{deployment.alarms} × ${ALARM_MONTH:.2f}",
            dollars=deployment.alarms * ALARM_MONTH,
        ),
        Item(
            name="SQS, polled by Lambda",
            arithmetic=f"{mappings} event sources × {POLLERS} × {POLLS_A_MINUTE} a minute, and the sweeper's look:"
            f" {polls:,} requests",
            dollars=polls * SQS_REQUEST,
        ),
        Item(name="SweeperFunction", arithmetic=sweeps.arithmetic, dollars=sweeps.dollars),
        Item(
            name="DNS firewall",
            arithmetic=f"{deployment.dns_names} names × ${DNS_NAME_MONTH},"
            f" and {DNS_QUERIES_OF_A_START} queries a sweep: {MINUTES * DNS_QUERIES_OF_A_START:,}",
            dollars=deployment.dns_names * DNS_NAME_MONTH + MINUTES * DNS_QUERIES_OF_A_START * DNS_QUERY,
            of_database=True,
        ),
        Item(
            name="ECR",
            arithmetic=f"{deployment.image_gb:g} GB, each version of the image",
            dollars=deployment.image_gb * IMAGE_GB_MONTH,
        ),
    ]


def runner(usage: Usage, deployment: Deployment, language: str) -> Item:
    """RunnerFunction, for a million runs of one language."""
    item = invocations(RUNS, usage.runner_ms[language], deployment.runner_mb)
    disk_gb = max(0, deployment.runner_disk_mb - FREE_DISK_MB) / 1024
    disk = RUNS * lambda_ms(usage.runner_ms[language], deployment.runner_mb) / 1000 * disk_gb * LAMBDA_DISK_GB_SECOND
    return Item(name=f"RunnerFunction, {language}", arithmetic=item.arithmetic, dollars=item.dollars + disk)


def million_runs(usage: Usage, deployment: Deployment) -> list[Item]:
    """What a million runs of any language cost in a month, beside RunnerFunction's time for them."""
    calls = RUNS * usage.api_calls
    api = invocations(RUNS, usage.api_ms, deployment.api_mb)
    starts = invocations(RUNS * COLD_SHARE, usage.runner_start_ms, deployment.runner_mb)
    restored_gb = calls * COLD_SHARE * deployment.api_mb / 1024
    log_gb = RUNS * (usage.log_bytes + usage.api_calls * ACCESS_LOG_BYTES) / 1e9
    out_gb = RUNS * (usage.answer_bytes + usage.api_calls * HEADER_BYTES) / 1e9
    traced = traces(calls, deployment.trace_share)
    queries = (calls + RUNS) * COLD_SHARE * DNS_QUERIES_OF_A_START
    return [
        Item(
            name="API Gateway",
            arithmetic=f"{calls:,} requests: create, run, {usage.api_calls - 2} reads",
            dollars=calls * API_GATEWAY_REQUEST,
        ),
        Item(
            name="ApiFunction",
            arithmetic=f"{api.arithmetic}, {usage.api_calls} requests a run",
            dollars=api.dollars + (calls - RUNS) * LAMBDA_REQUEST,
        ),
        Item(
            name="X-Ray",
            arithmetic=f"{traced:,.0f} traces: {deployment.trace_share:.0%} of the requests, TraceShare",
            dollars=traced * TRACE,
        ),
        Item(name="Logs", arithmetic=f"{log_gb:.1f} GB", dollars=log_gb * LOG_GB),
        Item(
            name="DNS firewall",
            arithmetic=f"{queries:,.0f} queries, one call in {1 / COLD_SHARE:.0f} (assumed) asks anew",
            dollars=queries * DNS_QUERY,
            of_database=True,
        ),
        Item(
            name="SnapStart",
            arithmetic=f"one call in {1 / COLD_SHARE:.0f} (assumed) restores {deployment.api_mb / 1024:g} GB",
            dollars=restored_gb * SNAPSTART_GB_RESTORED,
        ),
        Item(
            name="SQS",
            arithmetic=f"{QUEUE_REQUESTS_OF_A_RUN} requests a run: send, receive, delete",
            dollars=RUNS * QUEUE_REQUESTS_OF_A_RUN * SQS_REQUEST,
        ),
        Item(
            name="Aurora",
            arithmetic=f"{usage.database_ios:.1f} I/Os and {usage.database_bytes / 1000:.1f} kB a run, kept a month",
            dollars=RUNS * (usage.database_ios * AURORA_IO + usage.database_bytes / 1e9 * AURORA_GB_MONTH),
            of_database=True,
        ),
        Item(name="Data out", arithmetic=f"{out_gb:.1f} GB", dollars=out_gb * DATA_OUT_GB),
        Item(
            name="Starts of RunnerFunction",
            arithmetic=f"one run in {1 / COLD_SHARE:.0f} (assumed): {starts.arithmetic}",
            dollars=starts.dollars - RUNS * COLD_SHARE * LAMBDA_REQUEST,  # the request is counted with the run
        ),
    ]


def total(items: Sequence[Item], *, own_database: bool) -> float:
    return sum(item.dollars for item in items if own_database or not item.of_database)


def render(usage: Usage, deployment: Deployment) -> str:
    """The tables in Markdown."""
    fixed, variable = idle(usage, deployment), million_runs(usage, deployment)
    runners = [runner(usage, deployment, language) for language in usage.runner_ms]
    lines = ["| idle, a month | arithmetic | $ |", "| --- | --- | ---: |", *map(_row, fixed)]
    lines.append(f"| **all of it** | | **{total(fixed, own_database=True):.2f}** |")
    lines.append(f"| **with a database that is there already** | | **{total(fixed, own_database=False):.2f}** |")
    lines += ["", "| a million runs of hello world | arithmetic | $ |", "| --- | --- | ---: |"]
    lines += map(_row, [*runners, *variable])
    for language, item in zip(usage.runner_ms, runners, strict=True):
        dollars = item.dollars + total(variable, own_database=True)
        lines.append(f"| **a million in {language}, all of it** | | **{dollars:.2f}** |")
    return "\n".join(lines) + "\n"


def _row(item: Item) -> str:
    return f"| {item.name} | {item.arithmetic} | {item.dollars:.2f} |"
