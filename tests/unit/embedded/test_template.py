"""What the template says, resolved: functions, queues, sources, and what is refused."""

from pathlib import Path

import pytest

from livecode_embedded.errors import UnsupportedTemplate
from livecode_embedded.intrinsics import Resolver
from livecode_embedded.template import Template

PROJECT = Path(__file__).parents[3]
ENDPOINT = "http://127.0.0.1:4566"


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("translated")


def read(cache, **parameters):
    template = Template(PROJECT / "infra" / "template.yaml", cache_folder=cache, parameters=parameters)
    return template.stack(endpoint_url=ENDPOINT, parameters={"DatabaseUrl": "postgresql://somewhere"})


def test_reads_the_functions(cache):
    functions = read(cache).functions
    api, runner = functions["ApiFunction"], functions["RunnerFunction"]
    assert api.handler == "livecode_api.handler.lambda_handler"
    assert api.code_root == PROJECT / "functions" / "api"
    assert api.layers == runner.layers == (PROJECT / "layers" / "runtimes" / "python",)
    assert api.variables["EXECUTION_QUEUE_URL"] == f"{ENDPOINT}/000000000000/ExecutionQueue"
    assert api.variables["DATABASE_URL"] == "postgresql://somewhere"
    assert "DATABASE_SECRET_ARN" not in api.variables
    assert (api.log_format, api.log_level) == ("JSON", "INFO")
    assert runner.handler == "livecode_runner.handler.lambda_handler"
    assert runner.code_root == PROJECT / "functions" / "runner"
    assert runner.runtime is None
    assert runner.timeout_seconds > api.timeout_seconds


def test_reads_queues_sources_and_schedules(cache):
    stack = read(cache)
    queue = stack.queues["ExecutionQueue"]
    assert queue.dead_letter_queue == "ExecutionDeadLetterQueue"
    assert queue.maximum_receive_count == 4
    mappings = {mapping.function: mapping for mapping in stack.mappings}
    assert mappings["RunnerFunction"].queue == "ExecutionQueue"
    assert mappings["RunnerFunction"].batch_size == 1
    assert mappings["SweeperFunction"].report_batch_item_failures
    assert [(row.function, row.interval_seconds) for row in stack.schedules] == [("SweeperFunction", 60)]


def test_the_users_parameters_win(cache):
    stack = read(cache, RunnerConcurrency="7", DatabaseUrl="postgresql://mine", LogLevel="DEBUG")
    assert {mapping.maximum_concurrency for mapping in stack.mappings} == {2, 7}
    assert stack.functions["ApiFunction"].variables["DATABASE_URL"] == "postgresql://mine"
    assert stack.functions["ApiFunction"].log_level == "DEBUG"


def test_an_alias_leads_to_its_function(cache):
    stack = read(cache)
    assert {mapping.function for mapping in stack.mappings} == {"RunnerFunction", "SweeperFunction"}
    get = stack.api.body["paths"]["/health"]["get"]
    assert ":function:ApiFunction/invocations" in get["x-amazon-apigateway-integration"]["uri"]


def test_reserved_concurrency_is_a_number_or_none(cache):
    reserving = read(cache, RunnerConcurrency="7", ReserveConcurrency="true")
    assert reserving.functions["RunnerFunction"].reserved_concurrency == 7
    assert read(cache).functions["RunnerFunction"].reserved_concurrency is None


def test_what_would_make_a_difference_here_is_refused(cache):
    with pytest.raises(UnsupportedTemplate, match="AWS::ApiGateway::UsagePlan"):
        read(cache, RequireApiKey="true")
    with pytest.raises(UnsupportedTemplate, match="AWS::WAFv2::WebACL"):
        read(cache, AddressRateLimit="100")


def test_what_is_conditioned_off_need_not_be_known(tmp_path):
    head = HEAD.replace("Resources", "Conditions: { Never: !Equals [a, b] }\nResources")
    path = tmp_path / "template.yaml"
    path.write_text(head + "  Table: { Type: AWS::DynamoDB::Table, Condition: Never }\n")
    stack = Template(path, cache_folder=tmp_path, parameters={}).stack(endpoint_url=ENDPOINT, parameters={})
    assert stack.functions == {}


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        pytest.param({"NoSuch": "1"}, "no parameter named NoSuch", id="unknown"),
        pytest.param({"LogLevel": "LOUD"}, "must be one of DEBUG", id="not allowed"),
        pytest.param({"RunWallTimeSeconds": "many"}, "must be a number", id="no number"),
        pytest.param({"RunWallTimeSeconds": "41"}, "must lie between 1 and 40", id="too large"),
        pytest.param({"StageName": "a/b"}, "must match", id="pattern"),
    ],
)
def test_refuses_parameters_as_cloudformation_does(cache, parameters, words):
    with pytest.raises(UnsupportedTemplate, match=words):
        read(cache, **parameters)


HEAD = 'AWSTemplateFormatVersion: "2010-09-09"\nTransform: AWS::Serverless-2016-10-31\nResources:\n'


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        pytest.param("  Table: { Type: AWS::DynamoDB::Table }", "AWS::DynamoDB::Table \\(Table\\)", id="unknown type"),
        pytest.param(
            "  Q: { Type: AWS::SQS::Queue, Properties: { FifoQueue: true } }", "no FIFO queues \\(Q\\)", id="FIFO"
        ),
        pytest.param(
            '  R: { Type: AWS::Events::Rule, Properties: { ScheduleExpression: "cron(0 1 * * ? *)", Targets: [] } }',
            "rate\\(...\\) schedules only",
            id="cron",
        ),
        pytest.param(
            "  Q: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: !Ref Nothing } }", "Nothing", id="dangling Ref"
        ),
        pytest.param(
            "  Q: { Type: AWS::SQS::Queue, Properties: { DelaySeconds: !ImportValue x } }",
            "Fn::ImportValue",
            id="import",
        ),
        pytest.param("  F: { Type: AWS::Serverless::Function }", "cannot be translated", id="not a function"),
    ],
)
def test_stops_at_what_has_no_meaning_here(tmp_path, resources, words):
    path = tmp_path / "template.yaml"
    path.write_text(HEAD + resources + "\n")
    with pytest.raises(UnsupportedTemplate, match=words):
        Template(path, cache_folder=tmp_path, parameters={}).stack(endpoint_url=ENDPOINT, parameters={})


RESOLVER = Resolver(
    parameters={"Name": "x", "Empty": ""},
    conditions={"HasName": {"Fn::Not": [{"Fn::Equals": [{"Ref": "Name"}, ""]}]}, "Never": {"Fn::Equals": ["a", "b"]}},
    refer=lambda logical_id: f"<{logical_id}>",
    attribute=lambda logical_id, name: f"<{logical_id}.{name}>",
)


@pytest.mark.parametrize(
    ("value", "resolved"),
    [
        pytest.param({"Ref": "Name"}, "x", id="parameter"),
        pytest.param({"Ref": "Queue"}, "<Queue>", id="resource"),
        pytest.param({"Ref": "AWS::Region"}, "us-east-1", id="pseudo parameter"),
        pytest.param({"Fn::GetAtt": ["Queue", "Arn"]}, "<Queue.Arn>", id="attribute"),
        pytest.param({"Fn::GetAtt": "Queue.Arn"}, "<Queue.Arn>", id="attribute with a dot"),
        pytest.param({"Fn::Sub": "${Name} ${Queue} ${Queue.Arn} ${!Kept}"}, "x <Queue> <Queue.Arn> ${Kept}", id="Sub"),
        pytest.param({"Fn::Sub": ["${A}", {"A": {"Ref": "Name"}}]}, "x", id="Sub with a map"),
        pytest.param({"Fn::Join": ["-", ["a", {"Ref": "Name"}]]}, "a-x", id="Join"),
        pytest.param({"Fn::If": ["HasName", 1, 2]}, 1, id="If"),
        pytest.param({"Fn::If": ["Never", 1, 2]}, 2, id="If not"),
        pytest.param({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}, id="no value in a map"),
        pytest.param([{"Ref": "AWS::NoValue"}, 1], [1], id="no value in a list"),
        pytest.param({"Fn::Select": [1, {"Fn::Split": [",", "a,b"]}]}, "b", id="Select of Split"),
        pytest.param({"Fn::Select": [1, {"Fn::GetAZs": ""}]}, "us-east-1b", id="GetAZs"),
        pytest.param({"Fn::Cidr": ["10.0.0.0/22", 2, "9"]}, ["10.0.0.0/23", "10.0.2.0/23"], id="Cidr"),
        pytest.param({"Fn::And": [{"Condition": "HasName"}, {"Condition": "Never"}]}, False, id="And"),
        pytest.param({"Fn::Or": [{"Condition": "HasName"}, {"Condition": "Never"}]}, True, id="Or"),
        pytest.param(
            {"Condition": {"StringEquals": {"a": "b"}}}, {"Condition": {"StringEquals": {"a": "b"}}}, id="IAM"
        ),
    ],
)
def test_resolves_intrinsics(value, resolved):
    assert RESOLVER.resolve(value) == resolved
