"""What the template promises of a deployment: least privilege, nothing lost, nothing public."""

from collections.abc import Iterator
from typing import Any

from tests.unit.deployed import Deployed
from tests.unit.deployments import DATABASE_URL, EVERYWHERE, EXISTING_DATABASE, OWN_DATABASE, as_list

# Managed policies that may have wildcards in them, each because AWS offers nothing narrower.
MANAGED_POLICIES = {
    "AWSXRayDaemonWriteAccess": "traces have no ARN",
    "service-role/AWSLambdaENIManagementAccess": "a new interface has no ARN; denied to the code itself",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": "API Gateway takes its account's role with this policy only",
    "service-role/AWSCodeDeployRoleForLambda": "what SAM gives CodeDeploy",
}
# What a statement on any resource is for; it must be a Deny.
DENIED_EVERYWHERE = {"NetworkInterfacesForLambdaAlone"}


def statements(stack: Deployed) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of the stack's own policies, with the name of the role or policy that it stands in."""
    for name, role in stack.of_type("AWS::IAM::Role").items():
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement
    for kind in ("AWS::IAM::Policy", "AWS::EC2::VPCEndpoint"):
        for name, policy in stack.of_type(kind).items():
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def allowed(stack: Deployed, role: str) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for name, statement in statements(stack)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
        if name == role and statement["Effect"] == "Allow"
    }


@EVERYWHERE
def test_nothing_refers_to_what_is_conditioned_off(stack: Deployed) -> None:
    for name in stack.resources:
        assert stack.refers_to(name) <= set(stack.resources), name


@EVERYWHERE
def test_no_policy_has_a_wildcard(stack: Deployed) -> None:
    for name, statement in statements(stack):
        assert not [action for action in as_list(statement["Action"]) if "*" in action], name
        if "*" in as_list(statement["Resource"]):
            assert statement["Effect"] == "Deny", name
            assert name in DENIED_EVERYWHERE


@EVERYWHERE
def test_managed_policies_are_the_named_ones(stack: Deployed) -> None:
    for role in stack.each_of_type("AWS::IAM::Role").values():
        for policy in role.get("ManagedPolicyArns", []):
            assert policy.removeprefix("arn:aws:iam::aws:policy/") in MANAGED_POLICIES


def test_the_runner_may_read_its_queue_write_its_log_and_log_in() -> None:
    assert allowed(OWN_DATABASE, "RunnerFunctionRole") == {
        ("logs:CreateLogStream", "<RunnerFunctionLogGroup.Arn>"),
        ("logs:PutLogEvents", "<RunnerFunctionLogGroup.Arn>"),
        ("sqs:ReceiveMessage", "<ExecutionQueue.Arn>"),
        ("sqs:DeleteMessage", "<ExecutionQueue.Arn>"),
        ("sqs:ChangeMessageVisibility", "<ExecutionQueue.Arn>"),
        ("sqs:GetQueueAttributes", "<ExecutionQueue.Arn>"),
        ("rds-db:connect", "arn:aws:rds-db:us-east-1:000000000000:dbuser:<DatabaseProxy.Id>/livecode_runner_iam"),
    }


def test_the_api_may_send_to_one_queue_write_its_log_and_log_in() -> None:
    assert allowed(OWN_DATABASE, "ApiFunctionRole") == {
        ("logs:CreateLogStream", "<ApiFunctionLogGroup.Arn>"),
        ("logs:PutLogEvents", "<ApiFunctionLogGroup.Arn>"),
        ("sqs:SendMessage", "<ExecutionQueue.Arn>"),
        ("sqs:GetQueueAttributes", "<ExecutionQueue.Arn>"),
        ("sqs:GetQueueAttributes", "<ExecutionDeadLetterQueue.Arn>"),
        ("rds-db:connect", "arn:aws:rds-db:us-east-1:000000000000:dbuser:<DatabaseProxy.Id>/livecode_api_iam"),
    }


def test_each_function_reads_only_its_own_secret_of_an_existing_database() -> None:
    secret = "arn:aws:secretsmanager:us-east-1:000000000000:secret"
    read = {
        name: {resource for action, resource in allowed(EXISTING_DATABASE, name) if action.startswith("secretsmanager")}
        for name in ("ApiFunctionRole", "RunnerFunctionRole", "SweeperFunctionRole", "MigrateFunctionRole")
    }
    assert read.pop("RunnerFunctionRole") == {f"{secret}:runner"}
    assert set.union(*read.values()) == {f"{secret}:owner"}
    for function in EXISTING_DATABASE.each_of_type("AWS::Lambda::Function").values():
        assert "DATABASE_HOST" not in function["Environment"]["Variables"]


def test_the_functions_log_in_as_themselves() -> None:
    users = {
        name: function["Environment"]["Variables"]["DATABASE_USER"]
        for name, function in OWN_DATABASE.each_of_type("AWS::Lambda::Function").items()
    }
    assert users == {
        "ApiFunction": "livecode_api_iam",
        "RunnerFunction": "livecode_runner_iam",
        "SweeperFunction": "livecode_sweeper_iam",
        "MigrateFunction": OWN_DATABASE.properties("DatabaseCluster")["MasterUsername"],
    }


def test_no_secret_is_in_the_functions_environment_on_aws() -> None:
    for stack in (OWN_DATABASE, EXISTING_DATABASE):
        for function in stack.each_of_type("AWS::Lambda::Function").values():
            assert "DATABASE_URL" not in function["Environment"]["Variables"]


@EVERYWHERE
def test_what_holds_data_says_what_becomes_of_it(stack: Deployed) -> None:
    outlive = {"AWS::RDS::DBCluster": "Snapshot", "AWS::Logs::LogGroup": "Retain"}
    explicit = {*outlive, "AWS::RDS::DBInstance", "AWS::SQS::Queue", "AWS::ApiGateway::ApiKey"}
    for name, resource in stack.resources.items():
        kind = resource["Type"]
        if kind in explicit:
            assert resource["DeletionPolicy"] == outlive.get(kind, "Delete"), name
            assert resource["UpdateReplacePolicy"] == outlive.get(kind, "Delete"), name


def test_the_database_is_kept_encrypted_and_backed_up() -> None:
    cluster = OWN_DATABASE.properties("DatabaseCluster")
    assert cluster["StorageEncrypted"] is True
    assert cluster["BackupRetentionPeriod"] >= 7
    assert cluster["ManageMasterUserPassword"] is True
    assert int(str(cluster["EngineVersion"]).split(".")[0]) >= 15
    assert "MasterUserPassword" not in cluster


def test_the_database_is_reached_by_tls_with_tokens_alone() -> None:
    proxy = OWN_DATABASE.properties("DatabaseProxy")
    assert proxy["RequireTLS"] is True
    assert {row["IAMAuth"] for row in proxy["Auth"]} == {"REQUIRED"}
    assert OWN_DATABASE.properties("DatabaseParameters")["Parameters"]["rds.force_ssl"] == "1"
    assert OWN_DATABASE.properties("DatabaseCluster")["EnableIAMDatabaseAuthentication"] is True


@EVERYWHERE
def test_queues_are_encrypted(stack: Deployed) -> None:
    for queue in stack.each_of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True


def test_the_network_has_no_way_to_or_from_the_internet() -> None:
    ways_out = {"InternetGateway", "EgressOnlyInternetGateway", "NatGateway", "VPCGatewayAttachment", "Route", "EIP"}
    assert not OWN_DATABASE.types & {f"AWS::EC2::{kind}" for kind in ways_out}
    subnets = OWN_DATABASE.of_type("AWS::EC2::Subnet").values()
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == len(subnets) == 2
    assert not any(subnet.get("MapPublicIpOnLaunch") for subnet in subnets)
    for instance in OWN_DATABASE.each_of_type("AWS::RDS::DBInstance").values():
        assert instance["PubliclyAccessible"] is False


def test_security_groups_let_in_only_one_another() -> None:
    for name, rule in OWN_DATABASE.each_of_type("AWS::EC2::SecurityGroupIngress").items():
        assert "SourceSecurityGroupId" in rule, name
        assert not rule.keys() & {"CidrIp", "CidrIpv6"}, name
    everywhere = {
        name for name, rule in OWN_DATABASE.each_of_type("AWS::EC2::SecurityGroupEgress").items() if "CidrIp" in rule
    }
    assert everywhere == {"MigrateToS3"}
    for name, group in OWN_DATABASE.each_of_type("AWS::EC2::SecurityGroup").items():
        assert "SecurityGroupIngress" not in group, name
        # Without a rule of its own a group gets one to everywhere.
        assert group["SecurityGroupEgress"], name
        assert {rule.get("CidrIp", "127.0.0.1/32") for rule in group["SecurityGroupEgress"]} == {"127.0.0.1/32"}, name


def test_functions_stand_in_the_network_when_there_is_one() -> None:
    for function in OWN_DATABASE.each_of_type("AWS::Lambda::Function").values():
        assert function["VpcConfig"]["SubnetIds"] == ["<PrivateSubnetA>", "<PrivateSubnetB>"]
    for function in EXISTING_DATABASE.each_of_type("AWS::Lambda::Function").values():
        assert function["VpcConfig"] == {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    for function in DATABASE_URL.each_of_type("AWS::Lambda::Function").values():
        assert "VpcConfig" not in function


def test_code_in_the_network_cannot_use_the_right_to_attach_to_it() -> None:
    policy = OWN_DATABASE.properties("NetworkInterfacesForLambdaAlone")
    functions = OWN_DATABASE.of_type("AWS::Lambda::Function")
    assert set(policy["Roles"]) == {f"<{name}Role>" for name in functions}
    [statement] = policy["PolicyDocument"]["Statement"]
    assert set(statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]) == {
        f"<{name}.Arn>" for name in functions
    }
