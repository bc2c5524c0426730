"""The arithmetic of the costs, and the REPORT lines that it starts from."""

import pytest

from tests.benchmarks import prices
from tests.benchmarks.cost import median_ms, median_of_sequences, parse_reports, without_lambdas_own
from tests.benchmarks.prices import Deployment, Item, Usage

USAGE = Usage(
    runner_ms={"python": 100, "c++": 1000},
    runner_start_ms=1000,
    api_ms=50,
    api_calls=5,
    sweeper_ms=10,
    log_bytes=3000,
    answer_bytes=1000,
    database_ios=4,
    database_bytes=2000,
)
DEPLOYMENT = Deployment(
    api_mb=1024,
    runner_mb=2048,
    runner_disk_mb=1024,
    sweeper_mb=512,
    minimum_acu=0.5,
    zones=2,
    alarms=9,
    event_sources=2,
    image_gb=0.2,
    trace_share=0.01,
    dns_names=9,
)
LOG = (
    "START RequestId: a Version: $LATEST\n"
    '{"message":"finished"}\n'
    "REPORT RequestId: a\tDuration: 99.10 ms\tBilled Duration: 600 ms\tMemory Size: 2048 MB\tMax Memory Used: 80 MB"
    "\tInit Duration: 500.25 ms\n"
    + "".join(
        f"REPORT RequestId: b\tDuration: {ms - 0.5:.2f} ms\tBilled Duration: {ms} ms\tMemory Size: 2048 MB"
        "\tMax Memory Used: 80 MB\n"
        for ms in (10, 20, 300, 12, 22, 304)
    )
)


def dollars(items: list[Item], name: str) -> float:
    [found] = [item.dollars for item in items if item.name == name]
    return found


def test_reads_what_was_billed_and_which_invocations_started_an_environment() -> None:
    found = parse_reports(LOG)
    assert [each.billed_ms for each in found] == [600, 10, 20, 300, 12, 22, 304]
    assert [each.start_ms for each in found] == [500.25, 0, 0, 0, 0, 0, 0]
    assert median_ms(found) == 21


def test_leaves_out_of_the_log_what_lambda_itself_would_write_at_info() -> None:
    assert without_lambdas_own(LOG + '{"message":"REPORT RequestId: not one"}\n') == (
        '{"message":"finished"}\n{"message":"REPORT RequestId: not one"}\n'
    )


def test_sums_the_calls_of_a_sequence_and_leaves_out_those_with_a_start() -> None:
    found = parse_reports(LOG)
    assert median_of_sequences(found[1:], 3) == 334  # of 330 and 338
    assert median_of_sequences(found, 3) == 334  # the first three have a start, the last is alone


@pytest.mark.parametrize(("memory_mb", "expected"), [(1769, 100), (2048, 100), (512, 345.5)])
def test_a_function_with_less_than_a_core_takes_longer(memory_mb: int, expected: float) -> None:
    assert prices.lambda_ms(100, memory_mb) == pytest.approx(expected, abs=0.1)


def test_a_million_runs_of_a_tenth_of_a_second_in_two_gigabytes() -> None:
    item = prices.runner(USAGE, DEPLOYMENT, "python")
    # 200,000 GB-s, a million requests, and half a GB of disk for 100,000 s
    assert item.dollars == pytest.approx(200_000 * 0.0000166667 + 0.20 + 50_000 * 0.0000000309)
    assert prices.runner(USAGE, DEPLOYMENT, "c++").dollars == pytest.approx(10 * (item.dollars - 0.20) + 0.20)


def test_an_idle_month() -> None:
    items = prices.idle(USAGE, DEPLOYMENT)
    assert dollars(items, "RDS Proxy") == pytest.approx(87.60)
    assert dollars(items, "Aurora Serverless v2") == pytest.approx(43.80)
    assert dollars(items, "VPC endpoint for SQS") == pytest.approx(14.60)
    assert dollars(items, "SQS, polled by Lambda") == pytest.approx((2 * 15 + 2) * 43_800 * 0.40 / 1e6)
    assert dollars(items, "SnapStart") == pytest.approx(2_628_000 * 0.0000015046)
    assert dollars(items, "Alarms") == pytest.approx(0.90)
    sweep_s = 0.010 * 1769 / 512
    assert dollars(items, "SweeperFunction") == pytest.approx(43_800 * (sweep_s * 0.5 * 0.0000166667 + 0.20 / 1e6))
    with_database = prices.total(items, own_database=True)
    dns = dollars(items, "DNS firewall")
    assert dns == pytest.approx(9 * 0.0005 + 4 * 43_800 * 0.60 / 1e6)
    without = prices.total(items, own_database=False)
    assert with_database - without == pytest.approx(87.60 + 43.80 + 14.60 + 0.40 + dns)


def test_a_million_runs() -> None:
    items = prices.million_runs(USAGE, DEPLOYMENT)
    assert dollars(items, "API Gateway") == pytest.approx(17.50)
    api_gb_seconds = 1_000_000 * 0.050 * 1769 / 1024
    assert dollars(items, "ApiFunction") == pytest.approx(api_gb_seconds * 0.0000166667 + 1.00)
    assert dollars(items, "SQS") == pytest.approx(1.20)
    assert dollars(items, "Logs") == pytest.approx(5 * 0.50)  # 3,000 bytes and five lines of 400
    assert dollars(items, "Aurora") == pytest.approx(0.80 + 0.20)
    assert dollars(items, "Data out") == pytest.approx(5 * 0.09)
    assert dollars(items, "Starts of RunnerFunction") == pytest.approx(10_000 * 2 * 0.0000166667)
    assert dollars(items, "X-Ray") == pytest.approx(5_000_000 * 0.01 * 5 / 1e6)
    assert dollars(items, "DNS firewall") == pytest.approx(6_000_000 * 0.01 * 4 * 0.60 / 1e6)


def test_the_table_adds_up() -> None:
    lines = prices.render(USAGE, DEPLOYMENT).splitlines()
    cells = [line.strip("|").split("|") for line in lines if line.startswith("|")]
    fixed, variable = cells[2 : cells.index([" a million runs of hello world ", " arithmetic ", " $ "])], cells
    shown = sum(float(row[2]) for row in fixed if "**" not in row[0])
    [all_of_it] = [float(row[2].strip(" *")) for row in fixed if row[0].strip() == "**all of it**"]
    assert shown == pytest.approx(all_of_it, abs=0.06)
    items = prices.million_runs(USAGE, DEPLOYMENT)
    for language in USAGE.runner_ms:
        expected = prices.runner(USAGE, DEPLOYMENT, language).dollars + prices.total(items, own_database=True)
        [row] = [row for row in variable if row[0].strip() == f"**a million in {language}, all of it**"]
        assert float(row[2].strip(" *")) == pytest.approx(expected, abs=0.01)
