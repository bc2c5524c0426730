"""Powertools' resolver, with our rule for bodies before it and our error form around it."""

import time
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig
from aws_lambda_powertools.utilities.typing import LambdaContext

from livecode_api.bodies import parse_json, refuse_body
from livecode_api.errors import INTERNAL_ERROR
from livecode_api.problems import CONTENT_TYPE, Problem
from livecode_api.service import ExecutionService

# What a page of another origin may read of an answer; the template says the same for the gateway's own.
EXPOSED_HEADERS = (
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "x-amzn-RequestId",
)


class LiveCodeResolver(APIGatewayRestResolver):
    def __init__(self, service: ExecutionService) -> None:
        super().__init__(
            cors=CORSConfig(allow_origin="*", expose_headers=list(EXPOSED_HEADERS), max_age=600),
            enable_validation=True,
            json_body_deserializer=parse_json,
        )
        self._service = service

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        started = time.perf_counter()
        problem = refuse_body(event, source_limit_bytes=self._service.source_limit_bytes)
        if problem is not None:
            response = self._refuse(problem, event)
        else:
            # An empty body is an empty document: every field has a default. The type has been checked, in any case.
            body = event.get("body") or ""
            event = {**event, "body": body if body.strip() else "{}", "headers": _with_json_type(event)}
            try:
                response = super().resolve(event, context)
            except Exception:  # the entry point: nothing of ours is shown to the caller
                self._service.logger.exception("request failed")
                response = self._refuse(INTERNAL_ERROR, event)
        self._service.logger.info(
            "request",
            method=event.get("httpMethod"),
            resource=event.get("resource"),
            status=response["statusCode"],
            duration_ms=round((time.perf_counter() - started) * 1000, 1),
        )
        return response

    def _refuse(self, problem: Problem, event: Mapping[str, Any]) -> dict[str, Any]:
        answer = problem.response(request_id(event))
        headers = {
            "Content-Type": CONTENT_TYPE,
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": ",".join(EXPOSED_HEADERS),
            **problem.headers,
        }
        return {
            "statusCode": answer.status_code,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "body": answer.body,
            "isBase64Encoded": False,
        }


def _with_json_type(event: Mapping[str, Any]) -> dict[str, str]:
    headers = {name: value for name, value in (event.get("headers") or {}).items() if name.lower() != "content-type"}
    return {**headers, "content-type": "application/json"}


def request_id(event: Mapping[str, Any]) -> str:
    """Returns API Gateway's id of the request, which its own log has too."""
    return str((event.get("requestContext") or {}).get("requestId", ""))


def path_prefix(event: Mapping[str, Any]) -> str:
    """Returns the part of the client's path before the resource's: the stage ("/Prod"), a domain's base path, or "".

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    path = str((event.get("requestContext") or {}).get("path") or "")
    below = str(event.get("resource") or "").strip("/").count("/") + 1
    segments = path.strip("/").split("/")[:-below]
    return "".join(f"/{segment}" for segment in segments)
