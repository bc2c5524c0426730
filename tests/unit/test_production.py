"""What the template promises of a deployment: least privilege, nothing lost, nothing public, and a way back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from livecode_api.resolver import EXPOSED_HEADERS
from tests.unit.deployed import Deployed

OWN_DATABASE = Deployed()
EXISTING_DATABASE = Deployed(
    DatabaseSecretArn="arn:aws:secretsmanager:us-east-1:000000000000:secret:owner",
    RunnerDatabaseSecretArn="arn:aws:secretsmanager:us-east-1:000000000000:secret:runner",
    SubnetIds="subnet-1,subnet-2",
    SecurityGroupIds="sg-1",
    RequireApiKey="true",
)
DATABASE_URL = Deployed(DatabaseUrl="postgresql://somewhere")
LOCALSTACK = Deployed(Platform="localstack", DatabaseUrl="postgresql://somewhere")
EVERYWHERE = pytest.mark.parametrize(
    "stack",
    [
        pytest.param(OWN_DATABASE, id="own database"),
        pytest.param(EXISTING_DATABASE, id="existing database"),
        pytest.param(DATABASE_URL, id="DATABASE_URL"),
        pytest.param(LOCALSTACK, id="LocalStack"),
    ],
)
ON_AWS = pytest.mark.parametrize("stack", [OWN_DATABASE, EXISTING_DATABASE], ids=["own database", "existing database"])

# Managed policies that may have wildcards in them, each because AWS offers nothing narrower.
MANAGED_POLICIES = {
    "AWSXRayDaemonWriteAccess": "traces have no ARN",
    "service-role/AWSLambdaENIManagementAccess": "a new interface has no ARN; denied to the code itself",
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs": "API Gateway takes its account's role with this policy only",
    "service-role/AWSCodeDeployRoleForLambda": "what SAM gives CodeDeploy",
}
# What a statement on any resource is for; it must be a Deny.
DENIED_EVERYWHERE = {"NetworkInterfacesForLambdaAlone"}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


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
    for role in stack.of_type("AWS::IAM::Role").values():
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
    for function in EXISTING_DATABASE.of_type("AWS::Lambda::Function").values():
        assert "DATABASE_HOST" not in function["Environment"]["Variables"]


def test_the_functions_log_in_as_themselves() -> None:
    users = {
        name: function["Environment"]["Variables"]["DATABASE_USER"]
        for name, function in OWN_DATABASE.of_type("AWS::Lambda::Function").items()
    }
    assert users == {
        "ApiFunction": "livecode_api_iam",
        "RunnerFunction": "livecode_runner_iam",
        "SweeperFunction": "livecode_sweeper_iam",
        "MigrateFunction": OWN_DATABASE.properties("DatabaseCluster")["MasterUsername"],
    }


def test_no_secret_is_in_the_functions_environment_on_aws() -> None:
    for stack in (OWN_DATABASE, EXISTING_DATABASE):
        for function in stack.of_type("AWS::Lambda::Function").values():
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
    for queue in stack.of_type("AWS::SQS::Queue").values():
        assert queue["SqsManagedSseEnabled"] is True


def test_the_network_has_no_way_to_or_from_the_internet() -> None:
    ways_out = {"InternetGateway", "EgressOnlyInternetGateway", "NatGateway", "VPCGatewayAttachment", "Route", "EIP"}
    assert not OWN_DATABASE.types & {f"AWS::EC2::{kind}" for kind in ways_out}
    subnets = OWN_DATABASE.of_type("AWS::EC2::Subnet").values()
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == len(subnets) == 2
    assert not any(subnet.get("MapPublicIpOnLaunch") for subnet in subnets)
    for instance in OWN_DATABASE.of_type("AWS::RDS::DBInstance").values():
        assert instance["PubliclyAccessible"] is False


def test_security_groups_let_in_only_one_another() -> None:
    for name, rule in OWN_DATABASE.of_type("AWS::EC2::SecurityGroupIngress").items():
        assert "SourceSecurityGroupId" in rule, name
        assert not rule.keys() & {"CidrIp", "CidrIpv6"}, name
    everywhere = {
        name for name, rule in OWN_DATABASE.of_type("AWS::EC2::SecurityGroupEgress").items() if "CidrIp" in rule
    }
    assert everywhere == {"MigrateToS3"}
    for name, group in OWN_DATABASE.of_type("AWS::EC2::SecurityGroup").items():
        assert "SecurityGroupIngress" not in group, name
        # Without a rule of its own a group gets one to everywhere.
        assert group["SecurityGroupEgress"], name
        assert {rule.get("CidrIp", "127.0.0.1/32") for rule in group["SecurityGroupEgress"]} == {"127.0.0.1/32"}, name


def test_functions_stand_in_the_network_when_there_is_one() -> None:
    for function in OWN_DATABASE.of_type("AWS::Lambda::Function").values():
        assert function["VpcConfig"]["SubnetIds"] == ["<PrivateSubnetA>", "<PrivateSubnetB>"]
    for function in EXISTING_DATABASE.of_type("AWS::Lambda::Function").values():
        assert function["VpcConfig"] == {"SubnetIds": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
    for function in DATABASE_URL.of_type("AWS::Lambda::Function").values():
        assert "VpcConfig" not in function


def test_code_in_the_network_cannot_use_the_right_to_attach_to_it() -> None:
    policy = OWN_DATABASE.properties("NetworkInterfacesForLambdaAlone")
    functions = OWN_DATABASE.of_type("AWS::Lambda::Function")
    assert set(policy["Roles"]) == {f"<{name}Role>" for name in functions}
    [statement] = policy["PolicyDocument"]["Statement"]
    assert set(statement["Condition"]["ArnEquals"]["lambda:SourceFunctionArn"]) == {
        f"<{name}.Arn>" for name in functions
    }


@EVERYWHERE
def test_every_log_is_json_and_ends(stack: Deployed) -> None:
    for function in stack.of_type("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        group = function["LoggingConfig"]["LogGroup"].strip("<>")
        assert group in stack.resources
    for group in stack.of_type("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] > 0


@ON_AWS
def test_each_request_is_logged_and_the_gateway_decides_which_are_traced(stack: Deployed) -> None:
    [stage] = stack.of_type("AWS::ApiGateway::Stage").values()
    assert stage["TracingEnabled"] is True
    assert stage["AccessLogSetting"]["DestinationArn"] == "<ApiAccessLogGroup.Arn>"
    assert stack.properties("ApiFunction")["TracingConfig"] == {"Mode": "Active"}


@EVERYWHERE
def test_the_runner_has_one_cpu_and_room_for_files(stack: Deployed) -> None:
    runner = stack.properties("RunnerFunction")
    assert runner["MemorySize"] >= 1769
    assert runner["EphemeralStorage"]["Size"] > 512


def test_the_runner_has_a_share_of_its_own_where_the_account_has_room() -> None:
    stack = Deployed(RunnerConcurrency="50", ReserveConcurrency="true")
    runner = stack.properties("RunnerFunction")
    [mapping] = [
        row for row in stack.of_type("AWS::Lambda::EventSourceMapping").values() if row["BatchSize"] == 1
    ]  # fmt: skip
    # More messages than there are runners would come back as throttled, and count as received.
    assert int(mapping["ScalingConfig"]["MaximumConcurrency"]) <= int(runner["ReservedConcurrentExecutions"])


@EVERYWHERE
def test_the_api_and_the_runner_are_called_by_their_alias_alone(stack: Deployed) -> None:
    names = {f"<{name}Alias{row['Name']}>" for name in ("ApiFunction", "RunnerFunction") for row in [{"Name": "live"}]}
    for mapping in stack.of_type("AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionName"] in {"<RunnerFunctionAliaslive>", "<SweeperFunction>"}
    for permission in stack.of_type("AWS::Lambda::Permission").values():
        if permission["Principal"] == "apigateway.amazonaws.com":
            assert permission["FunctionName"] in names
    for methods in stack.properties("LiveCodeApi")["Body"]["paths"].values():
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            assert integration["type"] == "mock" or "/<ApiFunctionAliaslive>/" in integration["uri"]


@ON_AWS
def test_the_api_starts_from_a_snapshot(stack: Deployed) -> None:
    api = stack.properties("ApiFunction")
    assert api["SnapStart"] == {"ApplyOn": "PublishedVersions"}
    assert api.get("EphemeralStorage", {"Size": 512})["Size"] == 512  # SnapStart has no more


@ON_AWS
def test_new_code_takes_over_step_by_step_and_goes_back_at_an_alarm(stack: Deployed) -> None:
    for function in ("ApiFunction", "RunnerFunction"):
        update = stack.resources[f"{function}Aliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        group = stack.properties(update["DeploymentGroupName"].strip("<>"))
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        assert group["AlarmConfiguration"]["Enabled"] is True
        alarms = [row["Name"].strip("<>") for row in group["AlarmConfiguration"]["Alarms"]]
        watched = [dimension["Value"] for name in alarms for dimension in stack.properties(name).get("Dimensions", [])]
        assert f"<{function}>" in watched


@ON_AWS
@pytest.mark.parametrize("name", ["ApiFunctionAliaslive", "RunnerFunctionAliaslive", "SweeperFunction"])
def test_migrations_come_before_the_code_that_wants_them(stack: Deployed, name: str) -> None:
    assert "DatabaseMigration" in stack.needs(name)
    migration = stack.properties("DatabaseMigration")
    assert migration["ServiceToken"] == "<MigrateFunctionAliaslive>"
    # Another version of MigrateFunction is what makes CloudFormation run it again.
    assert migration["Version"].startswith("<MigrateFunctionVersion")
    assert migration["ServiceTimeout"] > stack.properties("MigrateFunction")["Timeout"]


def test_migrations_wait_for_the_way_to_the_database_and_back_to_cloudformation() -> None:
    needed = OWN_DATABASE.needs("DatabaseMigration")
    assert {"DatabaseInstance", "DatabaseProxyTargets", "DatabaseFromProxy", "ProxyFromMigrations"} <= needed
    assert {"S3Endpoint", "MigrateToProxy", "MigrateToS3", "PrivateSubnetARoutes", "PrivateSubnetBRoutes"} <= needed


@EVERYWHERE
def test_dead_letters_raise_an_alarm(stack: Deployed) -> None:
    alarm = stack.properties("DeadLettersAlarm")
    assert (alarm["MetricName"], alarm["Threshold"], alarm["TreatMissingData"]) == ("DeadLetters", 1, "notBreaching")


@ON_AWS
def test_alarms_watch_what_this_stack_counts(stack: Deployed) -> None:
    namespaces = {
        function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
        for function in stack.of_type("AWS::Lambda::Function").values()
    }
    services = {
        function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for function in stack.of_type("AWS::Lambda::Function").values()
    }
    assert namespaces == {"LiveCode/livecode"}
    alarms = [
        row for row in stack.of_type("AWS::CloudWatch::Alarm").values() if not row["Namespace"].startswith("AWS/")
    ]
    [filtered] = stack.of_type("AWS::Logs::MetricFilter").values()
    [transformation] = filtered["MetricTransformations"]
    for alarm in alarms:
        assert alarm["Namespace"] in namespaces
        if "Dimensions" in alarm:  # a filter's metric has none
            assert [row["Value"] in services for row in alarm["Dimensions"]] == [True]
        else:
            assert (alarm["Namespace"], alarm["MetricName"]) == (
                transformation["MetricNamespace"],
                transformation["MetricName"],
            )
    assert len(alarms) > 1


def test_alarms_tell_the_topic_if_there_is_one() -> None:
    topic = "arn:aws:sns:us-east-1:000000000000:on-call"
    alarms = Deployed(AlarmTopicArn=topic).of_type("AWS::CloudWatch::Alarm").values()
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(topic,)}
    assert not any("AlarmActions" in row for row in OWN_DATABASE.of_type("AWS::CloudWatch::Alarm").values())


@EVERYWHERE
def test_the_api_is_throttled(stack: Deployed) -> None:
    [stage] = stack.of_type("AWS::ApiGateway::Stage").values()
    [settings] = stage["MethodSettings"]
    assert (settings["ResourcePath"], settings["HttpMethod"]) == ("/*", "*")
    assert settings["ThrottlingRateLimit"] > 0
    assert settings["ThrottlingBurstLimit"] >= settings["ThrottlingRateLimit"]


def test_with_keys_every_method_but_a_preflight_wants_one_of_the_usage_plan() -> None:
    for path, methods in EXISTING_DATABASE.properties("LiveCodeApi")["Body"]["paths"].items():
        for verb, method in methods.items():
            assert method.get("security") == (None if verb == "options" else [{"api_key": []}]), (verb, path)
    plan = EXISTING_DATABASE.properties("ApiUsagePlan")
    assert plan["ApiStages"] == [{"ApiId": "<LiveCodeApi>", "Stage": "<LiveCodeApiStage>"}]
    assert plan["Throttle"]["RateLimit"] > 0
    assert plan["Quota"]["Limit"] > 0


def test_localstack_gets_nothing_that_its_free_edition_lacks() -> None:
    # What moves traffic between versions cannot hang on a condition; packaging for LocalStack leaves it out.
    services = {kind.split("::")[1] for kind in LOCALSTACK.types} - {"CodeDeploy"}
    assert services == {"ApiGateway", "CloudWatch", "Events", "IAM", "Lambda", "Logs", "SQS"}
    assert "Custom::DatabaseMigration" not in LOCALSTACK.types
    assert not any("SnapStart" in row for row in LOCALSTACK.of_type("AWS::Lambda::Function").values())


# https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
_GATEWAY_STATUSES = {
    "ACCESS_DENIED": 403,
    "API_CONFIGURATION_ERROR": 502,  # ours; AWS's is 500
    "BAD_REQUEST_BODY": 400,
    "BAD_REQUEST_PARAMETERS": 400,
    "EXPIRED_TOKEN": 403,
    "INTEGRATION_FAILURE": 502,  # ours; AWS's is 504
    "INTEGRATION_TIMEOUT": 504,
    "INVALID_API_KEY": 403,
    "INVALID_SIGNATURE": 403,
    "MISSING_AUTHENTICATION_TOKEN": 404,  # ours; AWS's is 403
    "QUOTA_EXCEEDED": 429,
    "REQUEST_TOO_LARGE": 413,
    "RESOURCE_NOT_FOUND": 404,
    "THROTTLED": 429,
    "UNAUTHORIZED": 401,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "WAF_FILTERED": 403,
    "DEFAULT_4XX": 400,
    "DEFAULT_5XX": 500,
}


@EVERYWHERE
@pytest.mark.parametrize(("kind", "status"), _GATEWAY_STATUSES.items())
def test_the_gateway_s_own_answers_say_the_status_that_they_have(stack: Deployed, kind: str, status: int) -> None:
    responses = stack.properties("LiveCodeApi")["Body"]["x-amazon-apigateway-gateway-responses"]
    response = responses.get(kind) or responses[f"DEFAULT_{status // 100}XX"]
    template = response["responseTemplates"]["application/json"]
    problem = json.loads(template.replace("$context.error.messageString", '"quoted"'))
    assert (int(response["statusCode"]), problem["status"]) == (status, status)
    assert problem["type"] == f"urn:livecode:problem:{problem['code'].lower().replace('_', '-')}"
    headers = response["responseParameters"]
    assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == "'*'"
    exposed = headers["gatewayresponse.header.Access-Control-Expose-Headers"]
    assert exposed.strip("'").split(",") == list(EXPOSED_HEADERS)


@EVERYWHERE
def test_a_preflight_allows_what_a_page_s_tracing_adds(stack: Deployed) -> None:
    paths = stack.properties("LiveCodeApi")["Body"]["paths"]
    preflights = [item["options"] for item in paths.values()]
    assert len(preflights) == len(paths)
    for preflight in preflights:
        answer = preflight["x-amazon-apigateway-integration"]["responses"]["default"]["responseParameters"]
        allowed = set(answer["method.response.header.Access-Control-Allow-Headers"].strip("'").split(","))
        assert {"*", "authorization", "content-type", "x-api-key", "idempotency-key"} <= allowed
        assert {"traceparent", "tracestate", "baggage", "sentry-trace", "x-requested-with"} <= allowed
