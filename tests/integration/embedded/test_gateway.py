"""API Gateway over real HTTP: proxy events, answers, and the gateway's own errors."""

import asyncio
import io
import json
from typing import Any

import aiohttp
import pytest

from livecode_embedded.functions import LambdaFunction
from livecode_embedded.gateway.server import MAXIMUM_BODY_BYTES, Gateway
from livecode_embedded.template import Template

from .conftest import PROJECT, RunningStack, run, running_stack


async def get(stack: RunningStack, path: str, **settings: Any) -> tuple[int, dict[str, str], Any]:
    return await send(stack, "GET", path, **settings)


async def send(stack: RunningStack, verb: str, path: str, **settings: Any) -> tuple[int, dict[str, str], Any]:
    async with aiohttp.ClientSession() as http, http.request(verb, stack.url + path, **settings) as response:
        text = await response.text()
        return response.status, dict(response.headers), json.loads(text) if text.startswith(("{", "[")) else text


async def raw(stack: RunningStack, request: bytes, *, half_close: bool = False) -> bytes:
    """The answer to bytes that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(stack.url.rsplit(":", 1)[1]))
    writer.write(request)
    await writer.drain()
    if half_close:
        writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def with_stack(test):
    def decorated(state):
        async def main():
            async with running_stack(PROJECT, state) as stack:
                await test(stack)

        run(main())

    decorated.__name__ = test.__name__
    return decorated


@with_stack
async def test_hands_over_proxy_events(stack):
    status, headers, answer = await get(
        stack, "/Prod/things/a%20b%2Fc?x=1&x=2&y=%C3%A9&z", headers={"X-Two": "2", "Host": "example.test"}
    )
    event = answer["event"]
    context = event["requestContext"]
    assert status == 200
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/things/{id}", "/things/a%20b%2Fc", "GET")
    assert event["pathParameters"] == {"id": "a b/c"}
    assert event["queryStringParameters"] == {"x": "2", "y": "é", "z": ""}
    assert event["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": ["é"], "z": [""]}
    assert event["headers"]["X-Two"] == "2"
    assert event["multiValueHeaders"]["Host"] == ["example.test"]
    assert (event["body"], event["isBase64Encoded"]) == (None, False)
    assert (context["path"], context["stage"]) == ("/Prod/things/a%20b%2Fc", "Prod")
    assert context["resourcePath"] == "/things/{id}"
    assert context["identity"]["sourceIp"] == "127.0.0.1"
    assert headers["x-amzn-RequestId"] == context["requestId"]


@with_stack
async def test_serves_at_the_root_too(stack):
    _, _, answer = await get(stack, "/things/1")
    assert answer["event"]["requestContext"]["path"] == "/things/1"
    assert answer["event"]["requestContext"]["stage"] == "Prod"
    for path in ("/", "/Prod", "/Prod/"):
        _, _, answer = await get(stack, path)
        assert (answer["event"]["path"], answer["event"]["resource"]) == ("/", "/")


@with_stack
async def test_prefers_literal_resources_and_takes_the_rest_greedily(stack):
    _, _, fixed = await get(stack, "/things/fixed")
    _, _, rest = await get(stack, "/rest/a/b%20c")
    assert fixed["event"]["resource"] == "/things/fixed"
    assert rest["event"]["pathParameters"] == {"proxy": "a/b c"}


@with_stack
async def test_functions_see_lambdas_environment_and_nothing_of_ours(stack):
    _, _, answer = await get(stack, "/")
    variables = answer["environment"]
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "EchoFunction"
    assert variables["AWS_ENDPOINT_URL"] == stack.description["aws_endpoint_url"]
    assert "GREETING" not in variables
    assert "HOME" not in variables
    assert answer["word"] == "from the layer"
    assert 0 < answer["remaining_ms"] <= 2000


@with_stack
async def test_answers_as_the_function_says(stack):
    said = {
        "statusCode": 201,
        "headers": {"X-One": "1", "Content-Type": "text/plain"},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": "é",
    }
    request = {"act": "answer", "answer": said}
    async with aiohttp.ClientSession() as http, http.post(stack.url + "/echo", json=request) as response:
        assert response.status == 201
        assert response.headers.getall("Set-Cookie") == ["a=1", "b=2"]
        assert response.headers.getall("Content-Type") == ["text/plain"]
        assert await response.read() == "é".encode()


@with_stack
async def test_undoes_base64_where_the_api_declares_the_type(stack):
    said = {"statusCode": 200, "headers": {"Content-Type": "image/png"}, "body": "AP8=", "isBase64Encoded": True}
    async with aiohttp.ClientSession() as http:
        request = {"act": "answer", "answer": said}
        async with http.post(stack.url + "/echo", json=request, headers={"Accept": "image/png"}) as response:
            assert await response.read() == b"\x00\xff"
        async with http.post(stack.url + "/echo", data=b"\x00\xff", headers={"Content-Type": "image/png"}) as response:
            event = (await response.json())["event"]
            assert (event["body"], event["isBase64Encoded"]) == ("AP8=", True)


@with_stack
async def test_answers_cors_preflight_without_a_function(stack):
    status, headers, _ = await send(stack, "OPTIONS", "/echo")
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET,POST"


@with_stack
async def test_answers_404_for_what_no_resource_has(stack):
    for verb, path in (("GET", "/nothing"), ("DELETE", "/echo"), ("GET", "/things"), ("GET", "/Prods/echo")):
        status, headers, answer = await send(stack, verb, path)
        assert (status, headers["Content-Type"]) == (404, "application/problem+json")
        assert answer == {"status": 404, "request_id": headers["x-amzn-RequestId"]}


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("text", id="not an object"),
        pytest.param({"body": "x"}, id="no status"),
        pytest.param({"statusCode": "many"}, id="status is no number"),
        pytest.param({"statusCode": 200, "body": {"a": 1}}, id="body is no string"),
        pytest.param({"statusCode": 200, "headers": ["a"]}, id="headers are a list"),
        pytest.param({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}, id="header with a line break"),
    ],
)
def test_answers_502_for_an_answer_that_is_none(state, answer):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            status, headers, body = await send(stack, "POST", "/echo", json={"act": "answer", "answer": answer})
            assert (status, body) == (502, {"code": "BAD_GATEWAY"})
            assert headers["Retry-After"] == "1"

    run(test())


@with_stack
async def test_answers_502_for_a_function_that_fails_and_replaces_its_environment(stack):
    _, _, before = await get(stack, "/")
    for request in ({"act": "raise"}, {"act": "exit"}, {"act": "sleep", "seconds": 60}):
        status, _, body = await send(stack, "POST", "/echo", json=request)
        assert (status, body) == (502, {"code": "BAD_GATEWAY"})
    status, _, after = await get(stack, "/")
    assert status == 200
    assert after["pid"] != before["pid"]


def test_answers_504_when_the_function_takes_too_long(state):
    spec = Template(PROJECT / "infra" / "template.yaml", cache_folder=state, parameters={}).stack(
        endpoint_url="http://127.0.0.1:9", parameters={}
    )

    async def test():
        function = LambdaFunction(
            spec.functions["EchoFunction"], endpoint_url="http://127.0.0.1:9", log=lambda line: None
        )
        assert spec.api
        gateway = Gateway(spec.api, functions={"EchoFunction": function}, log=lambda line: None, timeout_seconds=0.2)
        await gateway.start(0)
        request = {"act": "sleep", "seconds": 1}
        async with aiohttp.ClientSession() as http, http.post(gateway.url + "/echo", json=request) as response:
            assert response.status == 504
            assert json.loads(await response.read()) == {"code": "GATEWAY_TIMEOUT"}
        await gateway.close()
        await function.close()

    run(test())


@with_stack
async def test_answers_413_over_ten_megabytes(stack):
    for body in (io.BytesIO(b"x" * (MAXIMUM_BODY_BYTES + 1)), _chunks(MAXIMUM_BODY_BYTES + 1)):
        status, headers, answer = await send(stack, "POST", "/echo", data=body)
        assert (status, headers["Content-Type"]) == (413, "application/problem+json")
        assert "body" in answer["detail"]
    status, _, _ = await get(stack, "/")
    assert status == 200


@with_stack
async def test_a_413_says_whether_the_path_or_the_head_is_too_large(stack):
    for target, header, part in (
        (b"/" + b"x" * 12_000, b"1", "path"),
        (b"/", b"x" * 12_000, "headers"),
        (b"/?" + b"x" * 6_000, b"x" * 6_000, "headers"),
    ):
        answer = await raw(
            stack, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: " + header + b"\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 413")
        assert part in json.loads(answer.partition(b"\r\n\r\n")[2])["detail"]


async def _chunks(size: int):
    while size > 0:
        yield b"x" * min(size, 100_000)
        size -= 100_000


@with_stack
async def test_asks_for_the_body_when_the_client_waits_for_that(stack):
    head = b"POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\n"
    assert (await raw(stack, head + b"Content-Length: 2\r\n\r\n{}")).startswith(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"
    )
    assert (await raw(stack, head + b"Content-Length: 20000000\r\n\r\n")).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        pytest.param(b"/things/%zz", b"400", id="bad escape"),
        pytest.param(b"/things/%", b"400", id="half an escape"),
        pytest.param(b"/things/%00", b"200", id="escaped NUL"),
        pytest.param(b"/things/%ff%fe", b"200", id="escaped invalid UTF-8"),
        pytest.param(b"/things/" + b"a" * 11_000, b"413", id="11 kB path"),
        pytest.param(b"/things/" + b"a" * 200_000, b"413", id="200 kB path"),
        pytest.param(b"/things/../echo", b"404", id="dots"),
        pytest.param(b"/things/..", b"200", id="dots as a parameter"),
        pytest.param(b"//things", b"404", id="two slashes"),
        pytest.param(b"http://elsewhere/things/1", b"400", id="absolute target"),
        pytest.param(b"*", b"400", id="asterisk"),
        pytest.param(b"/things/\xff", b"400", id="raw byte"),
        pytest.param(b"/things/1?a=%zz&b&=c&%ff=%00", b"200", id="odd query"),
        pytest.param(b"/things/1?" + b"&".join(b"a=1" for _ in range(2000)), b"200", id="2000 parameters"),
    ],
)
def test_answers_strange_targets_below_500(state, target, status):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            answer = await raw(stack, b"GET " + target + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            assert answer.split(b" ", 2)[1] == status

    run(test())


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"nonsense\r\n\r\n", id="no HTTP"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n", id="bad length"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n", id="bad header"),
        pytest.param(b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="bad chunk"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="TLS"),
        pytest.param(b"GET / HTTP/2.0\r\nHost: x\r\n\r\n", id="HTTP/2.0"),
        pytest.param(b"GET / HTTP/0.9\r\n\r\n", id="HTTP/0.9"),
        pytest.param(b"GET /\r\n", id="no version"),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", id="unknown coding"
        ),
    ],
)
def test_answers_malformed_requests_below_500_as_a_problem(state, request_bytes):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            answer = await raw(stack, request_bytes)
            assert answer.startswith(b"HTTP/1.1 400") or answer.startswith(b"HTTP/1.0 400")
            assert b"application/problem+json" in answer

    run(test())


@with_stack
async def test_bodies_that_are_no_utf8_reach_the_function_as_text(stack):
    status, _, answer = await send(stack, "POST", "/echo", data=b"\xff\x00abc")
    assert (status, answer["event"]["body"]) == (200, "\ufffd\x00abc")


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"X-Amzn-Trace-Id: \xff\xc3\xa9", id="trace id that is no ASCII"),
        pytest.param(b"Content-Encoding: gzip", id="gzip that is none"),
        pytest.param(b"Upgrade: websocket", id="upgrade"),
    ],
)
def test_strange_headers_do_no_harm(state, head):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            request = b"POST /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n" + head
            assert (await raw(stack, request + b"\r\n\r\nabc")).startswith(b"HTTP/1.1 200")

    run(test())


@with_stack
async def test_a_client_that_has_closed_its_side_gets_its_answer(stack):
    body = json.dumps({"act": "sleep", "seconds": 0.3}).encode()
    head = f"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    for sent, status in ((body, b"200"), (body[:-1], b"400")):
        answer = await raw(stack, head + sent, half_close=True)
        assert answer.split(b" ", 2)[1] == status


@with_stack
async def test_a_client_that_leaves_disturbs_nobody(stack):
    for end in (b"", b"abc"):
        _, writer = await asyncio.open_connection("127.0.0.1", int(stack.url.rsplit(":", 1)[1]))
        writer.write(b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n" + end)
        await writer.drain()
        writer.transport.abort()
    assert (await get(stack, "/"))[0] == 200
