"""Which resource a path belongs to, and the shape of the gateway's own answers."""

import pytest

from livecode_embedded.gateway.responses import NO_SUCH_METHOD, Failure, gateway_response, mock_response
from livecode_embedded.gateway.routes import Routes

PROXY = {
    "x-amazon-apigateway-integration": {
        "type": "aws_proxy",
        "uri": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31"
        "/functions/arn:aws:lambda:us-east-1:0:function:F/invocations",
    }
}
ROUTES = Routes(
    {
        "/": {"get": PROXY},
        "/a": {"get": PROXY, "post": PROXY},
        "/a/{id}": {"get": PROXY},
        "/a/fixed": {"get": PROXY},
        "/a/{id}/b": {"get": PROXY},
        "/any": {"x-amazon-apigateway-any-method": PROXY},
        "/rest/{proxy+}": {"get": PROXY},
    }
)


@pytest.mark.parametrize(
    ("verb", "path", "resource", "parameters"),
    [
        pytest.param("GET", "/", "/", {}, id="root"),
        pytest.param("GET", "/a/", "/a", {}, id="slash at the end"),
        pytest.param("GET", "/a/fixed", "/a/fixed", {}, id="literal first"),
        pytest.param("GET", "/a/x%2Fy", "/a/{id}", {"id": "x/y"}, id="decoded parameter"),
        pytest.param("GET", "/a/fixed/b", "/a/{id}/b", {"id": "fixed"}, id="back to the parameter"),
        pytest.param("GET", "/rest/x/y", "/rest/{proxy+}", {"proxy": "x/y"}, id="greedy"),
        pytest.param("PATCH", "/any", "/any", {}, id="any method"),
    ],
)
def test_finds_resources(verb, path, resource, parameters):
    match = ROUTES.find(verb, path)
    assert match
    method, found = match
    assert (method.resource, method.function, found) == (resource, "F", parameters)


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("POST", "/"),
        ("GET", "/b"),
        ("GET", "/a//b"),
        ("GET", "//a"),
        ("GET", "/a/x/c"),
        ("GET", "/rest"),
        ("PUT", "/a"),
    ],
)
def test_finds_nothing_else(verb, path):
    assert ROUTES.find(verb, path) is None


def test_refuses_integrations_it_does_not_know():
    with pytest.raises(ValueError, match="the integration type http of /x"):
        Routes({"/x": {"get": {"x-amazon-apigateway-integration": {"type": "http"}}}})


def test_failures_without_a_template_are_answered_as_aws_does():
    answer = gateway_response({}, NO_SUCH_METHOD, request_id="1")
    assert answer.status == 403
    assert answer.body == b'{"message":"Missing Authentication Token"}'


@pytest.mark.parametrize(
    ("failure", "status", "body"),
    [
        pytest.param(NO_SUCH_METHOD, 404, b"own 1 MISSING_AUTHENTICATION_TOKEN", id="its own"),
        pytest.param(
            Failure(type="X", status=400, message='a "b"'), 400, rb'default "a \"b\"" a "b"', id="default 4xx"
        ),
        pytest.param(Failure(type="X", status=503, message="m"), 500, b"", id="default 5xx"),
    ],
)
def test_failures_take_the_templates_shape(failure, status, body):
    responses = {
        "MISSING_AUTHENTICATION_TOKEN": {
            "statusCode": "404",
            "responseTemplates": {"application/json": "own $context.requestId $context.error.responseType"},
        },
        "DEFAULT_4XX": {
            "responseTemplates": {"application/json": "default $context.error.messageString $context.error.message"}
        },
        "DEFAULT_5XX": {"statusCode": 500, "responseTemplates": {"application/json": "$context.unknown"}},
    }
    answer = gateway_response(responses, failure, request_id="1")
    assert (answer.status, answer.body) == (status, body)


def test_mocks_answer_what_the_template_writes_out():
    integration = {
        "responses": {
            "default": {
                "statusCode": "204",
                "responseParameters": {"method.response.header.X-One": "'1'"},
                "responseTemplates": {"application/json": "{}"},
            }
        }
    }
    answer = mock_response(integration)
    assert (answer.status, answer.body) == (204, b"{}")
    assert answer.headers == (("Content-Type", "application/json"), ("X-One", "1"))
