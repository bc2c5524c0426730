"""The roles of deployments: who may take them, and that what the service's own template asks for fits into them."""

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from tests.unit.test_workflows import ROOT, WORKFLOWS

ROLES = yaml_parse((ROOT / "docs/deploy-role.yaml").read_text())
SERVICE = yaml_parse((ROOT / "infra/template.yaml").read_text())
POLICY_CHARACTERS = 6144  # IAM's limit of a managed policy, without white space
GIVEN_BY_HAND = {"DEPLOY", "PARAMETERS"}


def properties(resource: str) -> dict[str, Any]:
    found: dict[str, Any] = ROLES["Resources"][resource]["Properties"]
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for statement in document["Statement"]:
        yield {**statement, "Action": listed(statement["Action"])}


def policies_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every policy document of an Allow to itself, inside of whatever conditions."""
    if isinstance(value, dict):
        if "PolicyDocument" in value:
            yield value["PolicyDocument"]
        for each in value.values():
            yield from policies_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from policies_in(each)


def test_one_environment_of_one_repository_may_deploy() -> None:
    [statement] = properties("DeployRole")["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": {
                "Fn::Sub": "repo:${GitHubRepository}:environment:${GitHubEnvironment}"
            },
        }
    }


def test_the_workflow_hands_over_to_one_role_alone() -> None:
    [policy] = properties("DeployRole")["Policies"]
    actions = [action for statement in statements(policy["PolicyDocument"]) for action in statement["Action"]]
    assert not [action for action in actions if "*" in action]
    assert [action for action in actions if action.startswith("iam:")] == ["iam:PassRole"]
    [passing] = [each for each in statements(policy["PolicyDocument"]) if each["Action"] == ["iam:PassRole"]]
    assert passing["Resource"] == {"Fn::GetAtt": ["CloudFormationRole", "Arn"]}
    everywhere = [each["Action"] for each in statements(policy["PolicyDocument"]) if each["Resource"] == "*"]
    assert everywhere == [["ecr:GetAuthorizationToken"]]


def test_cloudformation_has_no_say_over_the_roles_that_deploy() -> None:
    """Rights go by name: a stack of these roles that began with the service's name would be open to itself."""
    [stack] = set(re.findall(r"--stack-name (\S+) \\\n +--capabilities", (ROOT / "docs/deploy.md").read_text()))
    [service] = re.findall(r"ServiceStack=(\S+)", (ROOT / "docs/deploy.md").read_text())
    assert not stack.startswith(f"{service}-")


def test_what_makes_roles_makes_bounded_ones() -> None:
    for statement in statements(properties("RolesPolicy")["PolicyDocument"]):
        assert all(action.startswith("iam:") and "*" not in action for action in statement["Action"])
        assert statement["Resource"] != "*"
        if {"iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"} & set(statement["Action"]):
            assert statement["Condition"] == {"ArnEquals": {"iam:PermissionsBoundary": {"Ref": "RolesBoundary"}}}
        if "iam:AttachRolePolicy" in statement["Action"]:
            assert all(
                ":iam::aws:policy/" in arn["Fn::Sub"] for arn in statement["Condition"]["ArnEquals"]["iam:PolicyARN"]
            )
    services = [
        action for each in statements(properties("ServicesPolicy")["PolicyDocument"]) for action in each["Action"]
    ]
    assert not [action for action in services if action.startswith(("iam:", "sts:", "organizations:")) or action == "*"]
    bound = [action for each in statements(properties("RolesBoundary")["PolicyDocument"]) for action in each["Action"]]
    assert not [action for action in bound if "*" in action or action.startswith(("iam:", "sts:"))]


def test_every_right_of_the_service_is_inside_the_bound() -> None:
    bound = {action for each in statements(properties("RolesBoundary")["PolicyDocument"]) for action in each["Action"]}
    roles = {name: each for name, each in SERVICE["Resources"].items() if each["Type"] == "AWS::IAM::Role"}
    assert "RunnerFunctionRole" in roles
    asked = {
        action
        for role in roles.values()
        for document in policies_in(role["Properties"].get("Policies", []))
        for statement in statements(document)
        for action in statement["Action"]
    }
    assert asked
    assert asked <= bound


def test_every_policy_of_aws_that_the_service_attaches_may_be_attached() -> None:
    [attaching] = [
        each
        for each in statements(properties("RolesPolicy")["PolicyDocument"])
        if "iam:AttachRolePolicy" in each["Action"]
    ]
    allowed = {arn["Fn::Sub"].rpartition(":")[2] for arn in attaching["Condition"]["ArnEquals"]["iam:PolicyARN"]}
    attached = set(re.findall(r":iam::aws:(policy/[\w/-]+)", json.dumps(SERVICE["Resources"])))
    assert attached
    assert attached <= allowed
    assert "policy/service-role/AWSCodeDeployRoleForLambda" in allowed  # SAM's own for CodeDeploy


# The kinds of ARN that an action of CloudFormation's for a type of resource is asked for, where there is more than one:
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonrds.html
ASKED_FOR = {
    "AWS::RDS::DBCluster": {"cluster", "cluster-pg", "cluster-snapshot", "og", "subgrp"},
    "AWS::RDS::DBClusterParameterGroup": {"cluster-pg"},
    "AWS::RDS::DBInstance": {"cluster", "db", "og", "pg", "subgrp"},
    "AWS::RDS::DBProxy": {"db-proxy"},
    "AWS::RDS::DBProxyTargetGroup": {"cluster", "db", "db-proxy", "target-group"},
    "AWS::RDS::DBSubnetGroup": {"subgrp"},
}


def test_the_database_may_be_made_of_all_that_rds_asks_for() -> None:
    [database] = [
        each for each in statements(properties("ServicesPolicy")["PolicyDocument"]) if each["Action"] == ["rds:*"]
    ]
    kinds = {arn["Fn::Sub"].split(":")[-2] for arn in database["Resource"]}
    types = {row["Type"] for row in SERVICE["Resources"].values() if row["Type"].startswith("AWS::RDS::")}
    assert types == set(ASKED_FOR)
    assert set.union(*ASKED_FOR.values()) <= kinds


# The services whose prefix in IAM is not the one in the names of CloudFormation's types; Serverless stands for many.
PREFIXES = {"ApiGateway": "apigateway", "Logs": "logs", "WAFv2": "wafv2", "XRay": "xray"}


def test_every_kind_of_resource_of_the_service_may_be_made() -> None:
    kinds = {row["Type"].split("::")[1] for row in SERVICE["Resources"].values() if row["Type"].startswith("AWS::")}
    asked = {PREFIXES.get(kind, kind.lower()) for kind in kinds - {"Serverless"}}
    # What SAM makes of functions and their events.
    asked |= {"lambda", "apigateway", "events", "codedeploy"}
    allowed = {
        action.split(":")[0]
        for policy in ("ServicesPolicy", "RolesPolicy")
        for each in statements(properties(policy)["PolicyDocument"])
        for action in each["Action"]
    }
    assert {"rds", "route53resolver", "ec2", "iam"} <= asked
    assert asked <= allowed


def test_the_rule_for_traces_has_the_name_that_may_be_made() -> None:
    name = SERVICE["Resources"]["TracingRule"]["Properties"]["SamplingRule"]["RuleName"]["Fn::Sub"][0]
    [statement] = [
        each for each in statements(properties("ServicesPolicy")["PolicyDocument"]) if each["Action"] == ["xray:*"]
    ]
    assert fnmatch(name, statement["Resource"]["Fn::Sub"].rpartition("/")[2])


@pytest.mark.parametrize("policy", ["ServicesPolicy", "RolesPolicy", "RolesBoundary"])
def test_a_policy_is_no_longer_than_iam_takes(policy: str) -> None:
    text = json.dumps(properties(policy)["PolicyDocument"], separators=(",", ":"))
    text = text.replace("${AWS::AccountId}", "1" * 12).replace("${AWS::Region}", "ap-southeast-1")
    text = text.replace("${AWS::Partition}", "aws").replace(
        "${ServiceStack}", "a-name-of-forty-characters-".ljust(41, "x")
    )
    assert len(text) <= POLICY_CHARACTERS


def test_the_stack_makes_every_variable_that_the_workflow_reads() -> None:
    made = {re.sub(r"([a-z])([A-Z])", r"\1_\2", name).upper() for name in ROLES["Outputs"]}
    read = set(re.findall(r"vars\.(\w+)", WORKFLOWS["deploy"].read_text()))
    assert read - GIVEN_BY_HAND == made


def test_images_are_scanned_and_expire_by_whichever_way_they_came() -> None:
    repository = properties("ImageRepository")
    assert repository["ImageScanningConfiguration"] == {"ScanOnPush": True}
    policy = json.loads(repository["LifecyclePolicy"]["LifecyclePolicyText"])
    [rule] = policy["rules"]
    assert (rule["action"], rule["selection"]["countType"]) == ({"type": "expire"}, "imageCountMoreThan")
    assert rule["selection"]["countNumber"] >= 10  # a published version needs its image, to go back to it
    # By hand SAM makes the repository, and one gives it the same.
    text = (ROOT / "docs/deploy.md").read_text()
    [by_hand] = re.findall(r"put-lifecycle-policy .*\n +'([^']+)'", text)
    assert json.loads(by_hand) == policy
    assert "--image-scanning-configuration scanOnPush=true" in text


def test_data_outlives_the_stack() -> None:
    for resource in ("ArtifactsBucket", "ImageRepository"):
        assert ROLES["Resources"][resource]["DeletionPolicy"] == "Retain"


def test_the_document_names_parameters_and_outputs_that_exist() -> None:
    text = (ROOT / "docs/deploy.md").read_text()
    named = set(re.findall(r"(?<![\w.])([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)=", text))
    assert {"RequireApiKey", "DatabaseSnapshot", "GitHubRepository"} <= named
    assert named - {"OutputKey"} <= set(SERVICE["Parameters"]) | set(ROLES["Parameters"])
    assert set(re.findall(r"OutputKey=='(\w+)'", text)) <= set(SERVICE["Outputs"])
    alarms = set(re.findall(r"\b(\w+Alarm)\b", text))
    assert alarms
    assert alarms <= set(SERVICE["Resources"])
