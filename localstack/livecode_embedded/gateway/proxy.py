"""The Lambda proxy integration: the event of a request, and the response of a function's answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

import base64
import binascii
import fnmatch
import json
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from livecode_embedded.gateway.responses import Answer
from livecode_embedded.intrinsics import ACCOUNT_ID

_IDENTITY = (
    "accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
    "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn",
)  # fmt: skip
# Hop by hop, or the server's to set: a function's answer does not decide them.
_NOT_PASSED_ON = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "date", "server"})


class BadAnswer(Exception):
    """The function's answer is not in the form of a proxy response."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request as it came; `path` is raw and without the stage, `full_path` with it if the client sent it."""

    verb: str
    path: str
    full_path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    request_id: str


@dataclass(frozen=True, kw_only=True)
class ApiContext:
    api_id: str
    stage: str
    stage_variables: dict[str, str] | None
    binary_types: Sequence[str]


def proxy_event(request: Request, api: ApiContext, *, resource: str, parameters: dict[str, str]) -> dict[str, Any]:
    headers = _grouped(request.headers)
    # Undecodable bytes become U+FFFD, as API Gateway has it.
    query = _grouped(parse_qsl(request.query, keep_blank_values=True, errors="replace", max_num_fields=None))
    now = time.time()
    content_type = next((values[-1] for name, values in headers.items() if name.lower() == "content-type"), "")
    binary = is_binary(content_type, api.binary_types)
    host = next((values[-1] for name, values in headers.items() if name.lower() == "host"), "")
    body = base64.b64encode(request.body).decode() if binary else request.body.decode(errors="replace")
    return {
        "resource": resource,
        "path": request.path,
        "httpMethod": request.verb,
        "headers": {name: values[-1] for name, values in headers.items()} or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": parameters or None,
        "stageVariables": api.stage_variables,
        "requestContext": {
            "accountId": ACCOUNT_ID,
            "apiId": api.api_id,
            "deploymentId": "local",
            "domainName": host,
            "domainPrefix": host.split(".")[0].split(":")[0],
            "extendedRequestId": request.request_id,
            "httpMethod": request.verb,
            "identity": {
                **dict.fromkeys(_IDENTITY),
                "sourceIp": request.source_ip,
                "userAgent": next(
                    (values[-1] for name, values in headers.items() if name.lower() == "user-agent"), None
                ),
            },
            "path": request.full_path,
            "protocol": "HTTP/1.1",
            "requestId": request.request_id,
            "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
            "requestTimeEpoch": int(now * 1000),
            "resourceId": f"{zlib.crc32(resource.encode()):08x}",
            "resourcePath": resource,
            "stage": api.stage,
        },
        "body": body if request.body else None,
        "isBase64Encoded": binary and bool(request.body),
    }


def proxy_answer(payload: bytes, *, accept: str, binary_types: Sequence[str]) -> Answer:
    """Makes the HTTP answer of a function's payload; raises BadAnswer."""
    try:
        answer = json.loads(payload)
        status = int(answer["statusCode"])
        pairs = _header_pairs(answer)
        body = answer.get("body")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadAnswer from error
    if not 200 <= status <= 599 or not (body is None or isinstance(body, str)):
        raise BadAnswer
    content = (body or "").encode("utf-8", "replace")
    # As on AWS, base64 is undone only where the API declares binary media types.
    if answer.get("isBase64Encoded") and is_binary(accept.split(",")[0], binary_types):
        try:
            content = base64.b64decode(content, validate=True)
        except binascii.Error as error:
            raise BadAnswer from error
    if not any(name.lower() == "content-type" for name, _ in pairs):
        pairs.append(("Content-Type", "application/json"))
    return Answer(status=status, headers=tuple(pairs), body=content)


def is_binary(media_type: str, binary_types: Sequence[str]) -> bool:
    plain = media_type.split(";")[0].strip().lower()
    return any(pattern == "*/*" or (plain and fnmatch.fnmatchcase(plain, pattern.lower())) for pattern in binary_types)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for name, value in pairs:
        groups.setdefault(name, []).append(value)
    return groups


def _header_pairs(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Merges both forms of headers; the one with many values wins where a name is in both."""
    many = {name: list(values) for name, values in (answer.get("multiValueHeaders") or {}).items()}
    single = {name: [value] for name, value in (answer.get("headers") or {}).items() if name not in many}
    pairs = [(name, _header_value(value)) for name, values in {**single, **many}.items() for value in values]
    for name, value in pairs:
        if not name.isascii() or any(character in name + value for character in "\r\n\0"):
            raise ValueError(name)
    return [(name, value) for name, value in pairs if name.lower() not in _NOT_PASSED_ON]


def _header_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    raise TypeError(value)
