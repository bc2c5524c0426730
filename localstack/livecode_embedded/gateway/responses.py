"""The gateway's own answers, shaped by the template's GatewayResponses, and those of mock integrations.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A gateway response type with API Gateway's own status and words for it."""

    type: str
    status: int
    message: str


BAD_REQUEST = Failure(type="BAD_REQUEST_PARAMETERS", status=400, message="Bad Request")
BAD_ANSWER = Failure(type="API_CONFIGURATION_ERROR", status=502, message="Internal server error")
INTEGRATION_TIMEOUT = Failure(type="INTEGRATION_TIMEOUT", status=504, message="Endpoint request timed out")
INTERNAL_ERROR = Failure(type="DEFAULT_5XX", status=500, message="Internal server error")
NO_SUCH_METHOD = Failure(type="MISSING_AUTHENTICATION_TOKEN", status=403, message="Missing Authentication Token")
PATH_TOO_LARGE = Failure(type="REQUEST_TOO_LARGE", status=413, message="The path is over 10240 bytes")
HEAD_TOO_LARGE = Failure(
    type="REQUEST_TOO_LARGE", status=413, message="The request line and the headers are over 10240 bytes"
)
BODY_TOO_LARGE = Failure(
    type="REQUEST_TOO_LARGE", status=413, message="HTTP content length exceeded 10485760 bytes of the body"
)
EVENT_TOO_LARGE = Failure(
    type="REQUEST_TOO_LARGE", status=413, message="The body, as Lambda is given it, is over 6291456 bytes"
)

_VARIABLE = re.compile(r"\$context\.([A-Za-z.]*[A-Za-z])")


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def gateway_response(responses: Mapping[str, Any], failure: Failure, *, request_id: str) -> Answer:
    """Makes the answer to a failure: by its own response in the template, else the default of its class, else AWS's."""
    default = "DEFAULT_4XX" if failure.status < 500 else "DEFAULT_5XX"
    shape = responses.get(failure.type) or responses.get(default) or {}
    context = {
        "requestId": request_id,
        "error.message": failure.message,
        "error.messageString": json.dumps(failure.message),
        "error.responseType": failure.type,
    }

    def fill(template: str) -> str:
        return _VARIABLE.sub(lambda match: context.get(match[1], ""), template)

    headers = {"Content-Type": "application/json"}
    for name, value in shape.get("responseParameters", {}).items():
        if name.startswith("gatewayresponse.header.") and value.startswith("'"):
            headers[name.removeprefix("gatewayresponse.header.")] = value.strip("'")
    template = shape.get("responseTemplates", {}).get("application/json", '{"message":$context.error.messageString}')
    headers["x-amzn-ErrorType"] = failure.type
    return Answer(
        status=int(shape.get("statusCode", failure.status)),
        headers=tuple(headers.items()),
        body=fill(template).encode(),
    )


def mock_response(integration: Mapping[str, Any]) -> Answer:
    """Makes the answer of a mock integration: its default response, with the headers that the template writes out."""
    response = integration.get("responses", {}).get("default", {})
    prefix = "method.response.header."
    headers = {
        name.removeprefix(prefix): value.strip("'")
        for name, value in response.get("responseParameters", {}).items()
        if name.startswith(prefix)
    }
    content_type, template = next(iter(response.get("responseTemplates", {}).items()), ("application/json", ""))
    return Answer(
        status=int(response.get("statusCode", 200)),
        headers=(("Content-Type", content_type), *headers.items()),
        body=template.encode(),
    )
