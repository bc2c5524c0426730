"""The gateway itself: takes HTTP requests, finds their resource, calls the function and answers."""

import asyncio
import json
import re
import time
import uuid
from collections.abc import Callable, Mapping

from aiohttp import web
from aiohttp.web_protocol import RequestPayloadError

from livecode_embedded.errors import UnsupportedTemplate
from livecode_embedded.functions import LambdaFunction
from livecode_embedded.gateway.proxy import ApiContext, BadAnswer, Request, proxy_answer, proxy_event
from livecode_embedded.gateway.responses import (
    BAD_ANSWER,
    BAD_REQUEST,
    BODY_TOO_LARGE,
    EVENT_TOO_LARGE,
    HEAD_TOO_LARGE,
    INTEGRATION_TIMEOUT,
    INTERNAL_ERROR,
    NO_SUCH_METHOD,
    PATH_TOO_LARGE,
    Answer,
    Failure,
    gateway_response,
    mock_response,
)
from livecode_embedded.gateway.routes import Method, Routes
from livecode_embedded.http_server import IDLE_SECONDS, MAXIMUM_CONNECTIONS, HttpServer
from livecode_embedded.specs import RestApiSpec

# Set by API Gateway.
INTEGRATION_TIMEOUT_SECONDS = 29.0
MAXIMUM_BODY_BYTES = 10 * 1024 * 1024
MAXIMUM_HEAD_BYTES = 10240
# Set by Lambda for a synchronous invocation; the event carries the body as JSON, which makes it longer.
_MAXIMUM_EVENT_BYTES = 6 * 1024 * 1024

_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Gateway:
    """Serves one REST API at / and under its stage (/Prod). `log` is given each request's access log line."""

    def __init__(
        self,
        spec: RestApiSpec,
        *,
        functions: Mapping[str, LambdaFunction],
        log: Callable[[str], None],
        timeout_seconds: float = INTEGRATION_TIMEOUT_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
        maximum_connections: int = MAXIMUM_CONNECTIONS,
    ) -> None:
        try:
            self._routes = Routes(spec.body["paths"])
        except ValueError as error:
            raise UnsupportedTemplate(f"The embedded stack does not know {error}.") from error
        self._responses = spec.body.get("x-amazon-apigateway-gateway-responses", {})
        self._api = ApiContext(
            api_id=spec.name,
            stage=spec.stage,
            stage_variables=spec.stage_variables,
            binary_types=spec.body.get("x-amazon-apigateway-binary-media-types", []),
        )
        self._prefix = f"/{spec.stage}"
        self._functions = functions
        self._log = log
        self._timeout_seconds = timeout_seconds
        self._server = HttpServer(
            self._serve,
            malformed=self._malformed,
            warn=log,
            idle_seconds=idle_seconds,
            maximum_connections=maximum_connections,
        )
        self._running: set[asyncio.Task[object]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def function_names(self) -> set[str]:
        return self._routes.function_names

    async def start(self, port: int) -> None:
        """Raises OSError for a port that is taken."""
        await self._server.start(port)

    async def close(self) -> None:
        await self._server.close()

    async def _serve(self, http: web.BaseRequest) -> web.StreamResponse:
        started = time.perf_counter()
        request_id = str(uuid.uuid4())
        answer = await self._answer(http, request_id)
        response = web.Response(status=answer.status, body=answer.body)
        for name, value in answer.headers:
            # The first of a name replaces aiohttp's own Content-Type.
            if name.lower() == "content-type":
                response.headers[name] = value
            else:
                response.headers.add(name, value)
        response.headers["x-amzn-RequestId"] = request_id
        took_ms = (time.perf_counter() - started) * 1000
        self._log(f"{http.method} {http._message.path.split('?')[0][:200]} {answer.status} {took_ms:.1f} ms")
        return response

    async def _answer(self, http: web.BaseRequest, request_id: str) -> Answer:
        # The request target as it came: aiohttp's own `path` is normalised already.
        target = http._message.path
        raw_headers = [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in http.raw_headers]
        if len(target) + sum(len(name) + len(value) for name, value in raw_headers) > MAXIMUM_HEAD_BYTES:
            return self._fail(PATH_TOO_LARGE if len(target) > MAXIMUM_HEAD_BYTES else HEAD_TOO_LARGE, request_id)
        path, _, query = target.partition("#")[0].partition("?")
        if not path.startswith("/") or _BAD_ESCAPE.search(path):
            return self._fail(BAD_REQUEST, request_id)
        full_path = path
        if path == self._prefix or path.startswith(f"{self._prefix}/"):
            path = path.removeprefix(self._prefix) or "/"
        found = self._routes.find(http.method, path)
        if found is None:
            return self._fail(NO_SUCH_METHOD, request_id)
        try:
            body = await _body(http)
        except (ConnectionError, RequestPayloadError):
            # The client has gone, or what it sends is no body; neither is our failure.
            return self._fail(BAD_REQUEST, request_id)
        if body is None:
            return self._fail(BODY_TOO_LARGE, request_id)
        request = Request(
            verb=http.method,
            path=path,
            full_path=full_path,
            query=query,
            headers=[*raw_headers, *_added_headers(http, raw_headers)],
            body=body,
            source_ip=http.remote or "127.0.0.1",
            request_id=request_id,
        )
        method, parameters = found
        if method.function is None:
            return mock_response(method.integration)
        return await self._integrate(method, parameters, request)

    async def _integrate(self, method: Method, parameters: dict[str, str], request: Request) -> Answer:
        event = json.dumps(proxy_event(request, self._api, resource=method.resource, parameters=parameters)).encode()
        if len(event) > _MAXIMUM_EVENT_BYTES:
            return self._fail(EVENT_TOO_LARGE, request.request_id)
        function = self._functions[method.function or ""]
        trace_id = next((value for name, value in request.headers if name.lower() == "x-amzn-trace-id"), "")
        invocation = asyncio.get_running_loop().create_task(function.invoke(event, trace_id=trace_id))
        # After the gateway has given up, the function goes on; so does its task.
        self._running.add(invocation)
        invocation.add_done_callback(self._running.discard)
        await asyncio.wait({invocation}, timeout=self._timeout_seconds)
        if not invocation.done():
            return self._fail(INTEGRATION_TIMEOUT, request.request_id)
        if invocation.cancelled():
            return self._fail(INTERNAL_ERROR, request.request_id)
        result = invocation.result()
        if result.error:
            return self._fail(BAD_ANSWER, request.request_id)
        accept = next((value for name, value in request.headers if name.lower() == "accept"), "")
        try:
            return proxy_answer(result.payload, accept=accept, binary_types=self._api.binary_types)
        except BadAnswer:
            return self._fail(BAD_ANSWER, request.request_id)

    def _fail(self, failure: Failure, request_id: str) -> Answer:
        return gateway_response(self._responses, failure, request_id=request_id)

    def _malformed(self, status: int) -> web.Response:
        failure = {413: HEAD_TOO_LARGE}.get(status, BAD_REQUEST if status < 500 else INTERNAL_ERROR)
        request_id = str(uuid.uuid4())
        answer = self._fail(failure, request_id)
        response = web.Response(status=answer.status, body=answer.body)
        response.headers.update(answer.headers)
        response.headers["x-amzn-RequestId"] = request_id
        response.force_close()
        return response


async def _body(http: web.BaseRequest) -> bytes | None:
    """Reads the request's body; None when it is too large, and then no more than the limit has been read."""
    if (http.content_length or 0) > MAXIMUM_BODY_BYTES:
        return None
    if http.headers.get("Expect", "").lower() == "100-continue":
        await http.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        http.writer.output_size = 0
    body = bytearray()
    async for chunk in http.content.iter_any():
        body += chunk
        if len(body) > MAXIMUM_BODY_BYTES:
            return None
    return bytes(body)


def _added_headers(http: web.BaseRequest, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Returns the headers that API Gateway adds to a request's."""
    sent = {name.lower() for name, _ in headers}
    host = http.headers.get("Host", "")
    added = {
        "X-Amzn-Trace-Id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}",
        "X-Forwarded-For": http.remote or "127.0.0.1",
        "X-Forwarded-Port": host.rpartition(":")[2] if ":" in host else "80",
        "X-Forwarded-Proto": "http",
    }
    return [(name, value) for name, value in added.items() if name.lower() not in sent]
