"""The template and the code say the same: times, limits, settings, routes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings, RunLimitSettings, SessionLimitSettings
from livecode_runner.config import SandboxSettings
from livecode_runner.records import RETRY_DELAYS_SECONDS

OVERHEAD_SECONDS = 5  # cold start, claim, drain, sweep and finish


class _Loader(yaml.SafeLoader):
    pass


def _tag(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return {suffix: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {suffix: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)
    return {suffix: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tag)
TEMPLATE = yaml.load((Path(__file__).parents[2] / "infra/template.yaml").read_text(), Loader=_Loader)
PARAMETERS = TEMPLATE["Parameters"]
RESOURCES = TEMPLATE["Resources"]


def properties(resource: str) -> dict[str, Any]:
    found: dict[str, Any] = RESOURCES[resource]["Properties"]
    return found


def environment(function: str) -> dict[str, Any]:
    return {
        **TEMPLATE["Globals"]["Function"]["Environment"]["Variables"],
        **properties(function)["Environment"]["Variables"],
    }


@pytest.mark.parametrize("bound", ["Default", "MaxValue"])
def test_a_run_ends_before_its_function_before_its_lease_before_its_message_returns(bound: str) -> None:
    phases = PARAMETERS["CompileWallTimeSeconds"][bound] + PARAMETERS["RunWallTimeSeconds"][bound]
    timeout = properties("RunnerFunction")["Timeout"]
    visibility = properties("ExecutionQueue")["VisibilityTimeout"]
    assert phases + OVERHEAD_SECONDS < timeout
    assert timeout <= PARAMETERS["LeaseSeconds"]["MinValue"]
    assert PARAMETERS["LeaseSeconds"][bound] < visibility
    assert visibility >= 6 * timeout


def test_a_dead_letter_returns_only_after_any_lease() -> None:
    visibility = properties("ExecutionDeadLetterQueue")["VisibilityTimeout"]
    assert visibility >= PARAMETERS["LeaseSeconds"]["MaxValue"]
    assert visibility >= 6 * properties("SweeperFunction")["Timeout"]


def test_the_api_answers_before_the_gateway_gives_up() -> None:
    assert properties("ApiFunction")["Timeout"] < 29  # API Gateway's quota


def test_receives_cover_the_first_try_and_each_retry() -> None:
    receives = properties("ExecutionQueue")["RedrivePolicy"]["maxReceiveCount"]
    assert receives == 1 + len(RETRY_DELAYS_SECONDS)
    assert environment("RunnerFunction")["MAX_ATTEMPTS"] == environment("SweeperFunction")["MAX_ATTEMPTS"]
    assert environment("RunnerFunction")["MAX_ATTEMPTS"] == str(receives)


def test_event_sources_answer_for_each_record() -> None:
    for function, event in (("RunnerFunction", "Executions"), ("SweeperFunction", "DeadLetters")):
        source = properties(function)["Events"][event]["Properties"]
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["ScalingConfig"]["MaximumConcurrency"]
    assert properties("RunnerFunction")["Events"]["Executions"]["Properties"]["BatchSize"] == 1


@pytest.mark.parametrize(
    ("settings", "functions"),
    [
        (RunLimitSettings, ["RunnerFunction", "ApiFunction"]),
        (SessionLimitSettings, ["ApiFunction"]),
        (SandboxSettings, ["RunnerFunction"]),
    ],
)
def test_every_limit_is_a_setting_and_a_parameter_with_one_default(
    settings: type[RunLimitSettings], functions: list[str]
) -> None:
    for function in functions:
        for name, field in settings.model_fields.items():
            parameter = environment(function)[name.upper()]["Ref"]
            assert PARAMETERS[parameter]["Default"] == field.default, f"{function} {name}"


def test_every_setting_in_the_template_is_known_to_the_code() -> None:
    known = {
        name.upper()
        for settings in (
            DatabaseSettings, DeliverySettings, QueueSettings, RunLimitSettings, SandboxSettings, SessionLimitSettings
        )
        for name in settings.model_fields
    }  # fmt: skip
    for function in ("ApiFunction", "RunnerFunction", "SweeperFunction", "MigrateFunction"):
        ours = {name for name in environment(function) if not name.startswith("POWERTOOLS_")}
        assert ours <= known


def test_the_api_names_every_method() -> None:
    methods = {event["Properties"]["Method"] for event in properties("ApiFunction")["Events"].values()}
    assert methods <= {"GET", "POST", "PATCH", "DELETE"}


def test_roles_name_what_they_may_touch() -> None:
    for name, resource in RESOURCES.items():
        if resource["Type"] != "AWS::IAM::Role":
            continue
        for policy in resource["Properties"].get("Policies", []):
            document = policy["If"][1] if "If" in policy else policy
            for statement in document["PolicyDocument"]["Statement"]:
                actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
                assert not any("*" in action for action in actions), name
                assert statement["Resource"] != "*", name


def test_every_function_has_a_role_of_its_own_and_a_log_group_that_ends() -> None:
    functions = {name: r for name, r in RESOURCES.items() if r["Type"] == "AWS::Serverless::Function"}
    roles = [r["Properties"]["Role"]["GetAtt"] for r in functions.values()]
    assert len(set(roles)) == len(functions)
    for function in functions.values():
        group = function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]
        assert "RetentionInDays" in RESOURCES[group]["Properties"]
