"""The stack's own network: who may talk to whom in it, and what its resolver answers."""

import re

import pytest

from tests.unit.deployed import Deployed
from tests.unit.test_first_deployment import FIRST

GROUPS = {
    "ApiFunction": "<ApiSecurityGroup>",
    "RunnerFunction": "<RunnerSecurityGroup>",
    "SweeperFunction": "<SweeperSecurityGroup>",
    "MigrateFunction": "<MigrateSecurityGroup>",
}


def test_everything_that_stands_in_the_network_has_a_security_group_of_its_own() -> None:
    functions = FIRST.of_type("AWS::Lambda::Function")
    assert {name: row["VpcConfig"]["SecurityGroupIds"] for name, row in functions.items()} == {
        name: [group] for name, group in GROUPS.items()
    }
    others = {
        *FIRST.properties("DatabaseProxy")["VpcSecurityGroupIds"],
        *FIRST.properties("DatabaseCluster")["VpcSecurityGroupIds"],
        *FIRST.properties("SqsEndpoint")["SecurityGroupIds"],
    }
    assert len(others) == 3
    assert {*GROUPS.values(), *others} == {f"<{name}>" for name in FIRST.each_of_type("AWS::EC2::SecurityGroup")}


def test_each_way_out_of_one_group_is_a_way_into_the_other() -> None:
    out = {
        (f"<{name}>", rule["DestinationSecurityGroupId"], rule["ToPort"])
        for name, group in FIRST.each_of_type("AWS::EC2::SecurityGroup").items()
        for rule in group["SecurityGroupEgress"]
        if "DestinationSecurityGroupId" in rule
    } | {
        (rule["GroupId"], rule["DestinationSecurityGroupId"], rule["ToPort"])
        for rule in FIRST.each_of_type("AWS::EC2::SecurityGroupEgress").values()
        if "DestinationSecurityGroupId" in rule
    }
    into = {
        (rule["SourceSecurityGroupId"], rule["GroupId"], rule["ToPort"])
        for rule in FIRST.each_of_type("AWS::EC2::SecurityGroupIngress").values()
    }
    assert out == into
    reached = {target for _, target, _ in into}
    assert not reached & set(GROUPS.values())  # no function takes a connection, not from another one either
    assert {source for source, target, _ in into if target == "<DatabaseSecurityGroup>"} == {"<ProxySecurityGroup>"}


def answered(stack: Deployed) -> set[str]:
    """The names that the network's resolver answers for, where everything else is blocked."""
    [association] = stack.of_type("AWS::Route53Resolver::FirewallRuleGroupAssociation").values()
    assert association["VpcId"] == "<Vpc>"
    # https://docs.aws.amazon.com/Route53/latest/APIReference/API_route53resolver_AssociateFirewallRuleGroup.html
    assert 100 < association["Priority"] < 9900
    group = stack.properties(association["FirewallRuleGroupId"].strip("<>"))
    allow, block = sorted(group["FirewallRules"], key=lambda rule: int(rule["Priority"]))
    assert (allow["Action"], block["Action"], block["BlockResponse"]) == ("ALLOW", "BLOCK", "NXDOMAIN")
    assert allow["FirewallDomainRedirectionAction"] == "TRUST_REDIRECTION_DOMAIN"
    assert stack.properties(block["FirewallDomainListId"].strip("<>"))["Domains"] == ["*"]
    assert "Qtype" not in block
    return set(stack.properties(allow["FirewallDomainListId"].strip("<>"))["Domains"])


def test_the_resolver_answers_for_what_the_service_asks_for_and_for_nothing_else() -> None:
    bucket = "cloudformation-custom-resource-response-useast1"
    assert answered(FIRST) == {
        "<DatabaseProxy.Endpoint>",
        "<DatabaseCluster.Endpoint.Address>",
        "<DatabaseCluster.ReadEndpoint.Address>",
        "<DatabaseInstance.Endpoint.Address>",
        "sqs.us-east-1.amazonaws.com",
        f"{bucket}.s3.amazonaws.com",
        f"{bucket}.s3.us-east-1.amazonaws.com",
        f"{bucket}.s3-us-east-1.amazonaws.com",
    }
    assert "<DatabaseStandbyInstance.Endpoint.Address>" in answered(Deployed(DatabaseStandby="true"))


def test_every_endpoint_of_the_network_can_be_found_by_its_name() -> None:
    names = answered(FIRST)
    [host] = {
        row["Environment"]["Variables"]["DATABASE_HOST"] for row in FIRST.each_of_type("AWS::Lambda::Function").values()
    }
    assert host in names
    for endpoint in FIRST.each_of_type("AWS::EC2::VPCEndpoint").values():
        service = endpoint["ServiceName"].rpartition(".")[2]
        assert any(re.search(rf"(^|\.){service}[.-]", name) for name in names), service


def test_a_firewall_that_is_too_tight_shows_in_the_deployment_that_makes_it() -> None:
    assert "NamesFirewallAssociation" in FIRST.needs("DatabaseMigration")


@pytest.mark.parametrize(
    "stack",
    [
        pytest.param(Deployed(DnsFirewall="false"), id="switched off"),
        pytest.param(Deployed(DatabaseUrl="postgresql://somewhere"), id="no network"),
        pytest.param(Deployed(DatabaseSecretArn="arn:aws:secretsmanager:a:b:c", SubnetIds="subnet-1"), id="not ours"),
    ],
)
def test_only_the_stacks_own_network_is_firewalled(stack: Deployed) -> None:
    assert not [kind for kind in stack.types if "::Route53Resolver::" in kind]
    for name in stack.resources:
        assert stack.refers_to(name) <= set(stack.resources), name
