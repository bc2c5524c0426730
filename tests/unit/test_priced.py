"""The tables of costs in the documents say what the template makes, at the prices of `tests/benchmarks/prices.py`."""

import re
from dataclasses import replace

import pytest

from tests.benchmarks import prices
from tests.benchmarks.cost import read_template
from tests.unit.deployed import TEMPLATE, Deployed
from tests.unit.test_cost import USAGE
from tests.unit.test_first_deployment import DEPLOYING, FIRST, PARAMETERS
from tests.unit.test_pages import table

DEPLOYMENT = read_template(TEMPLATE)
# What the template alone decides; the others are of measured times and sizes.
DECIDED = (
    "RDS Proxy", "Aurora Serverless v2", "VPC endpoint for SQS", "The owner's secret", "SnapStart", "Alarms",
    "SQS, polled by Lambda", "DNS firewall", "ECR",
)  # fmt: skip


@pytest.mark.parametrize("name", DECIDED)
def test_an_idle_month_costs_what_the_template_makes(name: str) -> None:
    [item] = [item for item in prices.idle(USAGE, DEPLOYMENT) if item.name == name]
    [row] = [[cell.strip() for cell in row] for row in table("idle, a month", DEPLOYING) if row[0] == name]
    assert row == [name, item.arithmetic, f"{item.dollars:.2f}"]


def test_the_page_begins_with_the_sums_of_its_tables() -> None:
    def sums(heading: str) -> list[str]:
        return [row[2].strip("* ") for row in table(heading, DEPLOYING) if row[0].startswith("**")]

    [own, existing], runs = sums("idle, a month"), sums("a million runs of hello world")
    rows = re.findall(r"^\| (idle, a month, with|a million runs).*\| ([\d /]+) \|$", DEPLOYING, re.MULTILINE)
    told = [numbers.split(" / ") for _, numbers in rows]
    assert told == [[f"{float(own):.0f}"], [f"{float(existing):.0f}"], [f"{float(each):.0f}" for each in runs]]
    [parts] = re.findall(r"of it RDS Proxy ([\d.]+), Aurora ([\d.]+), VPC endpoint ([\d.]+)", DEPLOYING)
    items = {item.name: f"{item.dollars:.2f}" for item in prices.idle(USAGE, DEPLOYMENT)}
    assert list(parts) == [items["RDS Proxy"], items["Aurora Serverless v2"], items["VPC endpoint for SQS"]]


def test_insights_are_off_at_a_minimum_that_is_too_small_for_them() -> None:
    assert float(PARAMETERS["DatabaseMinCapacity"]["Default"]) < 2
    insights = Deployed(DatabaseInsights="true", DatabaseMinCapacity="2", DatabaseStandby="true")
    for stack, wanted in ((FIRST, False), (insights, True)):
        for instance in stack.each_of_type("AWS::RDS::DBInstance").values():
            assert instance["EnablePerformanceInsights"] is wanted
            assert "PerformanceInsightsRetentionPeriod" not in instance  # seven days are free

    def aurora(minimum_acu: float) -> float:
        items = prices.idle(USAGE, replace(DEPLOYMENT, minimum_acu=minimum_acu))
        return next(item.dollars for item in items if item.name == "Aurora Serverless v2")

    assert f"${aurora(2) - aurora(0.5):.2f} a month more" in DEPLOYING
