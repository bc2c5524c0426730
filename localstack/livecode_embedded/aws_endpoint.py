"""The AWS endpoint that boto3 speaks to (AWS_ENDPOINT_URL): SQS's JSON protocol and Lambda's Invoke."""

import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from livecode_embedded.descriptors import maximum_endpoint_connections
from livecode_embedded.http_server import HttpServer
from livecode_embedded.intrinsics import ACCOUNT_ID
from livecode_embedded.invocable import Invocable
from livecode_embedded.sqs.api import SqsApi
from livecode_embedded.sqs.errors import SqsError
from livecode_embedded.sqs.queue import Queue

_INVOCATIONS = "/2015-03-31/functions/"


class AwsEndpoint:
    """Serves Lambda's Invoke and SQS over HTTP.

    Functions and queues are known by their logical ids in the template, functions also by their ARN.
    """

    def __init__(self) -> None:
        self._functions: Mapping[str, Invocable] = {}
        self._sqs = SqsApi({}, queue_url=self.queue_url)
        self._server = HttpServer(self._answer, maximum_connections=maximum_endpoint_connections())

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    def queue_url(self, name: str) -> str:
        return f"{self.url}/{ACCOUNT_ID}/{name}"

    async def start(self) -> None:
        await self._server.start(0)

    def serve(self, *, functions: Mapping[str, Invocable], queues: Mapping[str, Queue]) -> None:
        """Functions need the endpoint's address before they can be built, so they come second."""
        self._functions = functions
        self._sqs = SqsApi(queues, queue_url=self.queue_url)

    async def close(self) -> None:
        await self._server.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        target = request.headers.get("X-Amz-Target", "")
        if target.startswith("AmazonSQS."):
            return await self._call_sqs(target.removeprefix("AmazonSQS."), await request.read())
        path = unquote(request.path)
        if request.method == "POST" and path.startswith(_INVOCATIONS) and path.endswith("/invocations"):
            name = path.removeprefix(_INVOCATIONS).removesuffix("/invocations")
            return await self._invoke(name.rsplit("function:", 1)[-1].split(":")[0], request)
        return _json(404, {"message": "The embedded stack has SQS and Lambda's Invoke only."}, error="UnknownService")

    async def _call_sqs(self, action: str, body: bytes) -> web.Response:
        try:
            return _json(200, await self._sqs.call(action, json.loads(body or b"{}")))
        except SqsError as error:
            answer = {"__type": f"com.amazonaws.sqs#{error.code}", "message": str(error)}
            fault = "Sender" if error.status < 500 else "Receiver"
            return _json(error.status, answer, query_error=f"{error.query_code};{fault}")
        except (KeyError, TypeError, ValueError) as error:
            answer = {"__type": "com.amazon.coral.service#SerializationException", "message": repr(error)}
            return _json(400, answer)

    async def _invoke(self, name: str, request: web.BaseRequest) -> web.Response:
        function = self._functions.get(name)
        if function is None:
            return _json(404, {"Message": f"Function not found: {name}"}, error="ResourceNotFoundException")
        payload = await request.read() or b"{}"
        try:
            json.loads(payload)
        except ValueError:
            return _json(
                400, {"Message": "Could not parse request body into json."}, error="InvalidRequestContentException"
            )
        match request.headers.get("X-Amz-Invocation-Type", "RequestResponse"):
            case "Event":
                function.invoke_asynchronously(payload)
                return web.Response(status=202, headers={"x-amzn-RequestId": str(uuid.uuid4())})
            case "DryRun":
                return web.Response(status=204)
        result = await function.invoke(payload)
        headers = {"x-amzn-RequestId": result.request_id or str(uuid.uuid4()), "X-Amz-Executed-Version": "$LATEST"}
        if result.error:
            headers["X-Amz-Function-Error"] = "Unhandled"
        return web.Response(body=result.payload, headers=headers, content_type="application/json")


def _json(status: int, answer: Any, *, error: str | None = None, query_error: str | None = None) -> web.Response:
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    if error:
        headers["x-amzn-ErrorType"] = error
    if query_error:
        headers["x-amzn-query-error"] = query_error
    return web.Response(
        status=status, body=json.dumps(answer).encode(), headers=headers, content_type="application/x-amz-json-1.0"
    )
