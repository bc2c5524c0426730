"""What traces, metrics and logs cost by default, and that each can be had in full."""

import pytest

from tests.benchmarks import prices
from tests.benchmarks.cost import read_template
from tests.unit.deployed import TEMPLATE, Deployed
from tests.unit.test_first_deployment import FIRST, PARAMETERS

EVERYTHING = Deployed(TraceRuns="true", MethodMetrics="true", SystemLogLevel="INFO", LogLevel="DEBUG", TraceShare="1")
LOCALSTACK = Deployed(Platform="localstack", DatabaseUrl="postgresql://somewhere", TraceRuns="true")


def modes(stack: Deployed) -> dict[str, str]:
    return {name: row["TracingConfig"]["Mode"] for name, row in stack.each_of_type("AWS::Lambda::Function").items()}


def test_one_request_in_a_hundred_is_traced() -> None:
    [row] = FIRST.of_type("AWS::XRay::SamplingRule").values()
    rule = row["SamplingRule"]
    assert (float(rule["FixedRate"]), rule["ReservoirSize"]) == (0.01, 0)
    assert rule["Priority"] < 10_000  # X-Ray's own rule
    assert len(rule["RuleName"]) <= 32  # https://docs.aws.amazon.com/xray/latest/api/API_SamplingRule.html
    [api] = FIRST.of_type("AWS::ApiGateway::RestApi").values()
    [stage] = FIRST.of_type("AWS::ApiGateway::Stage").values()
    name = api.get("Name", api["Body"]["info"]["title"])
    assert rule["ServiceName"] == f"{name}/{stage['StageName']}"
    assert rule["ServiceType"] == "AWS::ApiGateway::Stage"
    assert {rule[each] for each in ("HTTPMethod", "Host", "URLPath", "ResourceARN")} == {"*"}


def test_nothing_is_traced_at_a_rate_that_no_rule_changes() -> None:
    assert modes(FIRST) == {
        "ApiFunction": "Active",  # follows the gateway
        "RunnerFunction": "PassThrough",
        "SweeperFunction": "PassThrough",
        "MigrateFunction": "PassThrough",
    }
    assert set(modes(EVERYTHING).values()) == {"Active"}
    assert set(modes(LOCALSTACK).values()) == {"PassThrough"}


@pytest.mark.parametrize("stack", [FIRST, EVERYTHING, LOCALSTACK], ids=["by default", "everything", "LocalStack"])
def test_whoever_traces_may_and_nobody_else(stack: Deployed) -> None:
    for name, mode in modes(stack).items():
        policies = stack.properties(f"{name}Role").get("ManagedPolicyArns", [])
        assert any(arn.endswith("/AWSXRayDaemonWriteAccess") for arn in policies) is (mode == "Active"), name


@pytest.mark.parametrize(("stack", "measured"), [(FIRST, False), (EVERYTHING, True)], ids=["by default", "everything"])
def test_metrics_of_each_method_are_paid_for_on_request(stack: Deployed, measured: bool) -> None:
    [stage] = stack.of_type("AWS::ApiGateway::Stage").values()
    [settings] = stage["MethodSettings"]
    assert settings["MetricsEnabled"] is measured
    # The alarm watches the whole stage, whose metrics are free.
    dimensions = {row["Name"] for row in stack.properties("ApiErrorsAlarm")["Dimensions"]}
    assert dimensions == {"ApiName", "Stage"}


@pytest.mark.parametrize("level", PARAMETERS["SystemLogLevel"]["AllowedValues"])
def test_lambdas_own_lines_are_logged_on_request(level: str) -> None:
    for function in Deployed(SystemLogLevel=level).of_type("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["SystemLogLevel"] == level
    assert {row["LoggingConfig"]["SystemLogLevel"] for row in FIRST.each_of_type("AWS::Lambda::Function").values()} == {
        "WARN"
    }


def test_the_prices_are_of_what_the_template_makes() -> None:
    deployment = read_template(TEMPLATE)
    [rule] = FIRST.of_type("AWS::XRay::SamplingRule").values()
    assert deployment.trace_share == float(rule["SamplingRule"]["FixedRate"])
    lists = FIRST.of_type("AWS::Route53Resolver::FirewallDomainList").values()
    assert deployment.dns_names == sum(len(row["Domains"]) for row in lists)
    assert prices.traces(1_000_000, deployment.trace_share) == 10_000
