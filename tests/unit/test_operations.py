"""What the template promises to those who operate a deployment: logs, alarms, step by step changes, and a way back."""

import json

import pytest

from livecode_api.resolver import EXPOSED_HEADERS
from tests.unit.deployed import Deployed
from tests.unit.deployments import (
    EVERYWHERE,
    EXISTING_DATABASE,
    LOCALSTACK,
    ON_AWS,
    OWN_DATABASE,
)


@EVERYWHERE
def test_every_log_is_json_and_ends(stack: Deployed) -> None:
    for function in stack.each_of_type("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        group = function["LoggingConfig"]["LogGroup"].strip("<>")
        assert group in stack.resources
    for group in stack.each_of_type("AWS::Logs::LogGroup").values():
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
        row for row in stack.each_of_type("AWS::Lambda::EventSourceMapping").values() if row["BatchSize"] == 1
    ]  # fmt: skip
    # More messages than there are runners would come back as throttled, and count as received.
    assert int(mapping["ScalingConfig"]["MaximumConcurrency"]) <= int(runner["ReservedConcurrentExecutions"])


@EVERYWHERE
def test_the_api_and_the_runner_are_called_by_their_alias_alone(stack: Deployed) -> None:
    names = {f"<{name}Alias{row['Name']}>" for name in ("ApiFunction", "RunnerFunction") for row in [{"Name": "live"}]}
    for mapping in stack.each_of_type("AWS::Lambda::EventSourceMapping").values():
        assert mapping["FunctionName"] in {"<RunnerFunctionAliaslive>", "<SweeperFunction>"}
    for permission in stack.each_of_type("AWS::Lambda::Permission").values():
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
        for function in stack.each_of_type("AWS::Lambda::Function").values()
    }
    services = {
        function["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"]
        for function in stack.each_of_type("AWS::Lambda::Function").values()
    }
    assert namespaces == {"LiveCode/livecode"}
    alarms = [
        row for row in stack.each_of_type("AWS::CloudWatch::Alarm").values() if not row["Namespace"].startswith("AWS/")
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
    assert not any("AlarmActions" in row for row in OWN_DATABASE.each_of_type("AWS::CloudWatch::Alarm").values())


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
    assert not any("SnapStart" in row for row in LOCALSTACK.each_of_type("AWS::Lambda::Function").values())


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
