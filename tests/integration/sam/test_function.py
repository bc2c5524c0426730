"""What start-lambda's answers mean to the queue."""

import asyncio

import aiohttp
import pytest
from aiohttp import web

from livecode_embedded.environment import Invocation
from livecode_embedded.http_server import HttpServer
from livecode_sam.function import SamFunction


def invoke(answer: web.Response) -> tuple[Invocation, str]:
    """One invocation of a function that answers so, and the path that was asked for."""
    asked: list[str] = []

    async def serve(request: web.BaseRequest) -> web.StreamResponse:
        asked.append(f"{request.method} {request.path} {await request.text()}")
        return answer

    async def run() -> Invocation:
        server = HttpServer(serve)
        await server.start(0)
        try:
            async with aiohttp.ClientSession() as session:
                function = SamFunction("RunnerFunction", url=f"http://127.0.0.1:{server.port}", session=session)
                return await function.invoke(b'{"Records":[]}')
        finally:
            await server.close()

    return asyncio.run(run()), asked[0]


def test_hands_over_the_event_and_the_answer() -> None:
    result, asked = invoke(web.json_response({"batchItemFailures": []}))
    assert asked == 'POST /2015-03-31/functions/RunnerFunction/invocations {"Records":[]}'
    assert (result.payload, result.error) == (b'{"batchItemFailures": []}', False)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(web.json_response({"errorType": "E"}, headers={"x-amz-function-error": "Unhandled"}), id="error"),
        pytest.param(web.Response(text="Task timed out after 60.00 seconds"), id="timeout, with status 200"),
        pytest.param(web.json_response({"Type": "Service"}, status=500), id="sam itself fails"),
        pytest.param(web.Response(text=""), id="container has gone"),
    ],
)
def test_a_function_that_failed_keeps_its_message(answer: web.Response) -> None:
    result, _ = invoke(answer)
    assert result.error


def test_a_service_that_is_away_is_a_failure_too() -> None:
    async def run() -> Invocation:
        async with aiohttp.ClientSession() as session:
            return await SamFunction("F", url="http://127.0.0.1:1", session=session).invoke(b"{}")

    assert asyncio.run(run()).error
