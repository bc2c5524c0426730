"""The stack's own network: who may talk to whom in it, and what its resolver answers."""

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
    assert {*GROUPS.values(), *others} == {f"<{name}>" for name in FIRST.of_type("AWS::EC2::SecurityGroup")}


def test_each_way_out_of_one_group_is_a_way_into_the_other() -> None:
    out = {
        (f"<{name}>", rule["DestinationSecurityGroupId"], rule["ToPort"])
        for name, group in FIRST.of_type("AWS::EC2::SecurityGroup").items()
        for rule in group["SecurityGroupEgress"]
        if "DestinationSecurityGroupId" in rule
    } | {
        (rule["GroupId"], rule["DestinationSecurityGroupId"], rule["ToPort"])
        for rule in FIRST.of_type("AWS::EC2::SecurityGroupEgress").values()
        if "DestinationSecurityGroupId" in rule
    }
    into = {
        (rule["SourceSecurityGroupId"], rule["GroupId"], rule["ToPort"])
        for rule in FIRST.of_type("AWS::EC2::SecurityGroupIngress").values()
    }
    assert out == into
    reached = {target for _, target, _ in into}
    assert not reached & set(GROUPS.values())  # no function takes a connection, not from another one either
    assert {source for source, target, _ in into if target == "<DatabaseSecurityGroup>"} == {"<ProxySecurityGroup>"}
