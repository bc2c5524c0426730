"""What would stop or hurt the first `sam deploy` in an empty account, as far as the template shows it."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from livecode_embedded.intrinsics import Resolver
from livecode_runner.config import SandboxSettings
from livecode_runner.sandbox.layers import Layer
from tests.unit.deployed import TEMPLATE, Deployed

DOCUMENT = yaml_parse(TEMPLATE.read_text())
PARAMETERS = DOCUMENT["Parameters"]
DEPLOYING = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
# What an account that has just been made may run at a time, in all functions:
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
NEW_ACCOUNT_CONCURRENCY = 10
# No parameter given: what an operator gets who types `sam build && sam deploy`.
FIRST = Deployed()

# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html
RULE_FUNCTIONS = {
    "Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::Not", "Fn::Or",
    "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll", "Ref",
}  # fmt: skip


def asserted(rule: str, **parameters: str) -> bool:
    """Whether CloudFormation takes these parameters, as far as one rule goes."""
    resolver = Resolver(
        parameters={name: row.get("Default") for name, row in PARAMETERS.items()} | parameters,
        conditions={},
        refer=str,
        attribute=lambda name, attribute: name,
    )
    row = DOCUMENT["Rules"][rule]
    applies = resolver.resolve(row.get("RuleCondition", True))
    return not applies or all(resolver.resolve(each["Assert"]) for each in row["Assertions"])


def functions_in(value: Any) -> Iterator[str]:
    """The intrinsic functions that a value uses, however deep."""
    if isinstance(value, dict):
        for name, argument in value.items():
            if name.startswith("Fn::") or name in {"Ref", "Condition"}:
                yield name
            yield from functions_in(argument)
    elif isinstance(value, list):
        for each in value:
            yield from functions_in(each)


@pytest.mark.parametrize("name", DOCUMENT["Rules"])
def test_rules_use_the_functions_of_rules_alone(name: str) -> None:
    used = set(functions_in(DOCUMENT["Rules"][name]))
    assert used
    assert used <= RULE_FUNCTIONS


def test_a_first_deployment_that_fails_can_be_rolled_back() -> None:
    assert FIRST.properties("DatabaseCluster")["DeletionProtection"] == "false"
    assert Deployed(DatabaseDeletionProtection="true").properties("DatabaseCluster")["DeletionProtection"] == "true"
    assert "DatabaseDeletionProtection=true" in DEPLOYING  # the switch, once the stack stands


def test_a_new_account_has_room_for_everything_at_once() -> None:
    for name, function in FIRST.each_of_type("AWS::Lambda::Function").items():
        assert "ReservedConcurrentExecutions" not in function, name
    assert not any("ProvisionedConcurrencyConfig" in row for row in FIRST.each_of_type("AWS::Lambda::Alias").values())
    # What is polled beyond the limit comes back throttled, and counts as received.
    polled = [
        row["ScalingConfig"]["MaximumConcurrency"]
        for row in FIRST.each_of_type("AWS::Lambda::EventSourceMapping").values()
    ]
    assert min(polled) >= 2  # Lambda's own minimum
    sweep, api = 1, 1
    assert sum(polled) + sweep + api < NEW_ACCOUNT_CONCURRENCY


def test_nothing_unproved_stands_between_the_proxy_and_its_role() -> None:
    [statement] = FIRST.properties("DatabaseProxyRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {"Effect": "Allow", "Principal": {"Service": "rds.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_the_zones_can_be_chosen_where_the_proxy_is_not_in_each() -> None:
    def zones(stack: Deployed) -> list[str]:
        return [row["AvailabilityZone"] for row in stack.each_of_type("AWS::EC2::Subnet").values()]

    assert zones(FIRST) == ["us-east-1a", "us-east-1b"]
    chosen = Deployed(ZoneA="us-east-1c", ZoneB="us-east-1f")
    assert zones(chosen) == ["us-east-1c", "us-east-1f"]
    assert chosen.properties("DatabaseProxy")["VpcSubnetIds"] == ["<PrivateSubnetA>", "<PrivateSubnetB>"]


@pytest.mark.parametrize(
    ("rule", "parameters", "taken"),
    [
        pytest.param("OneDatabase", {}, True, id="no database"),
        pytest.param("OneDatabase", {"DatabaseUrl": "a", "DatabaseSecretArn": "b"}, False, id="two databases"),
        pytest.param("LoginsOfAnExistingDatabase", {}, True, id="no login"),
        pytest.param("LoginsOfAnExistingDatabase", {"SweeperDatabaseSecretArn": "a"}, False, id="a login alone"),
        pytest.param(
            "LoginsOfAnExistingDatabase",
            {"DatabaseSecretArn": "a", "SweeperDatabaseSecretArn": "b"},
            True,
            id="a login with its database",
        ),
        pytest.param("TwoZones", {}, True, id="no zone"),
        pytest.param("TwoZones", {"ZoneA": "us-east-1a"}, False, id="the first zone alone"),
        pytest.param("TwoZones", {"ZoneB": "us-east-1a"}, False, id="the second zone alone"),
        pytest.param("TwoZones", {"ZoneA": "us-east-1a", "ZoneB": "us-east-1a"}, False, id="one zone twice"),
        pytest.param("TwoZones", {"ZoneA": "us-east-1a", "ZoneB": "us-east-1b"}, True, id="two zones"),
        pytest.param("InsightsHaveRoom", {}, True, id="no insights"),
        pytest.param("InsightsHaveRoom", {"DatabaseInsights": "true"}, False, id="insights at the least"),
        pytest.param(
            "InsightsHaveRoom", {"DatabaseInsights": "true", "DatabaseMinCapacity": "1.5"}, False, id="insights at 1.5"
        ),
        pytest.param(
            "InsightsHaveRoom", {"DatabaseInsights": "true", "DatabaseMinCapacity": "2"}, True, id="insights at 2"
        ),
    ],
)
def test_what_does_not_go_together_is_refused(rule: str, parameters: dict[str, str], taken: bool) -> None:
    assert asserted(rule, **parameters) is taken


# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
LAMBDA_LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"]


@pytest.mark.parametrize("level", PARAMETERS["LogLevel"]["AllowedValues"])
def test_no_level_drops_a_metric(level: str) -> None:
    """Lambda takes a line without a level for INFO, and metrics are such lines."""
    assert level in LAMBDA_LEVELS
    assert level in logging.getLevelNamesMapping()
    for name, function in Deployed(LogLevel=level).of_type("AWS::Lambda::Function").items():
        lets_through = LAMBDA_LEVELS.index(function["LoggingConfig"]["ApplicationLogLevel"])
        assert lets_through <= min(LAMBDA_LEVELS.index("INFO"), LAMBDA_LEVELS.index(level)), name
        assert function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"] == level, name


def test_a_runner_may_start_on_a_kernel_without_landlock_and_without_privilege() -> None:
    everywhere = {Layer.LAUNCHER, Layer.SECCOMP, Layer.DUMPABLE}
    defaults = [
        PARAMETERS["SandboxRequired"]["Default"],
        SandboxSettings().sandbox_required,
        *(
            row["Environment"]["Variables"]["SANDBOX_REQUIRED"]
            for row in FIRST.each_of_type("AWS::Lambda::Function").values()
            if "SANDBOX_REQUIRED" in row["Environment"]["Variables"]
        ),
    ]
    assert len(defaults) == 3
    for required in defaults:
        layers = set(SandboxSettings(sandbox_required=required).required_layers)
        assert Layer.LANDLOCK not in layers
        assert layers == everywhere
