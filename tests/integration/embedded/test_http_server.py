"""The HTTP server by itself: clients that idle, dawdle, half-close, send what is no HTTP, or come in crowds."""

import asyncio
import contextlib
import time

import pytest
from aiohttp import web

from livecode_embedded.http_server import HttpServer

from .conftest import DEADLINE_SECONDS, eventually, run

_GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Server:
    """Answers with the body that it got, after `pause_seconds`; or with 413 if it is not to read any."""

    def __init__(self, *, pause_seconds: float = 0, reads: bool = True, **settings) -> None:
        self.warnings: list[str] = []
        self.pause_seconds = pause_seconds
        self.reads = reads
        self.http = HttpServer(self._answer, malformed=self._refuse, warn=self.warnings.append, **settings)

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        await asyncio.sleep(self.pause_seconds)
        return web.Response(body=await request.read()) if self.reads else web.Response(status=413)

    def _refuse(self, status: int) -> web.Response:
        response = web.Response(status=status, text="refused")
        response.force_close()
        return response

    async def __aenter__(self):
        await self.http.start(0)
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.http.close()

    async def connect(self, data: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.http.port)
        writer.write(data)
        return reader, writer


async def rest(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(DEADLINE_SECONDS):
        return await reader.read()


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        pytest.param(b"", 0, id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nHost:", 0, id="half a head"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc", 0, id="half a body"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nabc", 0, id="half a chunk"),
        pytest.param(_GET, 1, id="nothing after an answer"),
        pytest.param(_GET + b"GET / HTTP/1.1\r\n", 1, id="half a head after an answer"),
    ],
)
def test_ends_connections_that_idle_or_never_finish_a_request(sent, answers):
    async def test():
        async with Server(idle_seconds=0.3) as server:
            reader, writer = await server.connect(sent)
            assert (await rest(reader)).count(b"HTTP/1.1 200") == answers
            writer.close()
            await eventually(lambda: server.http.connections == 0)

    run(test())


def test_ends_a_request_that_is_sent_drop_by_drop():
    async def test():
        async with Server(idle_seconds=0.5) as server:
            for head in (b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n"):
                reader, writer = await server.connect(head)
                ended = asyncio.ensure_future(rest(reader))
                while not ended.done():
                    writer.write(b"a")
                    await asyncio.wait({ended}, timeout=0.05)
                assert b"200" not in await ended
                writer.close()

    run(test())


def test_a_long_answer_is_no_idle_time():
    async def test():
        async with Server(idle_seconds=0.2, pause_seconds=0.6) as server:
            reader, writer = await server.connect(_GET)
            assert (await rest(reader)).startswith(b"HTTP/1.1 200")
            writer.close()

    run(test())


@pytest.mark.parametrize("pause_seconds", [0, 0.2])
@pytest.mark.parametrize("packet_seconds", [0, 0.02])
@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        pytest.param([_GET], [b"200"], id="a request"),
        pytest.param([_GET * 3], [b"200"] * 3, id="three in a row"),
        pytest.param([b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", b"abc"], [b"200"], id="a body"),
        pytest.param([b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n", b"ab"], [b"500"], id="half a body"),
        pytest.param(
            [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab"], [b"500"], id="half a body at once"
        ),
        pytest.param([_GET, b"GET / HT"], [b"200"], id="half a head after a request"),
    ],
)
def test_a_client_that_has_closed_its_side_gets_its_answers(sent, answers, packet_seconds, pause_seconds):
    async def test():
        async with Server(pause_seconds=pause_seconds) as server:
            reader, writer = await server.connect()
            for part in sent:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(packet_seconds)
            writer.write_eof()
            answered = await rest(reader)
            assert [line.split()[1] for line in answered.splitlines() if line.startswith(b"HTTP/")] == answers
            writer.close()
            await eventually(lambda: server.http.connections == 0)

    run(test())


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"GET / HTTP/2.0\r\nHost: x\r\n", id="HTTP/2.0"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM\r\n", id="HTTP/2's preface"),
        pytest.param(b"GET / HTTP/0.9\r\nHost: x\r\n", id="HTTP/0.9"),
        pytest.param(b"GET / HTTP/3.0\r\nHost: x\r\n", id="HTTP/3.0"),
        pytest.param(b"GET / HTTP/1.2\r\nHost: x\r\n", id="HTTP/1.2"),
        pytest.param(b"GET /\r\nHost: x\r\n", id="no version"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n", id="gzip and chunked"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: unknown\r\n", id="unknown coding"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity\r\n", id="identity"),
        pytest.param(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n", id="no coding"),
        pytest.param(b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", id="chunked in HTTP/1.0"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n", id="two lengths"
        ),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["at once", "byte by byte"])
def test_refuses_what_is_no_http_1(head, at_once):
    async def test():
        async with Server() as server:
            reader, writer = await server.connect()
            sent = head + b"\r\n3\r\nabc\r\n0\r\n\r\n"
            for part in [sent] if at_once else [sent[n : n + 1] for n in range(len(sent))]:
                writer.write(part)
                await asyncio.sleep(0)
            answer = await rest(reader)
            assert answer.split(None, 2)[1] == b"400"
            assert answer.endswith(b"refused")
            assert answer.count(b"HTTP/") == 1
            writer.close()

    run(test())


def test_http_0_9_is_refused_without_waiting_for_headers():
    async def test():
        async with Server() as server:
            reader, writer = await server.connect(b"GET /\r\n")
            assert b" 400 " in await rest(reader)
            writer.close()

    run(test())


@pytest.mark.parametrize("version", [b"1.0", b"1.1"])
def test_takes_chunks_and_lines_of_known_form(version):
    async def test():
        async with Server() as server:
            requests = [b"\r\nGET /x HTTP/" + version + b"\r\nHost: x\r\nConnection: close\r\n\r\n"]
            if version == b"1.1":
                head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\nConnection: close\r\n\r\n"
                requests.append(head + b"3\r\nabc\r\n0\r\n\r\n")
            for request in requests:
                reader, writer = await server.connect(request)
                assert b" 200 " in await rest(reader)
                writer.close()

    run(test())


def test_the_answer_to_a_request_given_up_half_read_arrives():
    """Closed with the rest unread, a connection is reset, and the client loses the answer that it was sent."""

    async def test():
        async with Server() as server:
            for _ in range(20):
                reader, writer = await server.connect(b"GET /" + b"a" * 3_000_000 + b" HTTP/1.1\r\n\r\n")
                assert (await rest(reader)).endswith(b"refused")
                writer.close()

    run(test())


def test_reads_on_for_a_moment_only():
    async def test():
        async with Server() as server:
            reader, writer = await server.connect(b"nonsense\r\n\r\n")
            assert (await rest(reader)).endswith(b"refused")
            await eventually(lambda: server.http.connections == 0)  # although the client keeps its side open
            writer.close()

    run(test())


def test_the_idlest_connections_make_room_for_new_ones():
    async def test():
        async with Server(maximum_connections=4, pause_seconds=0.3) as server:
            busy_reader, busy_writer = await server.connect(_GET)
            await eventually(lambda: server.http.connections == 1)
            idle = [await server.connect() for _ in range(20)]
            assert await rest(idle[0][0]) == b""
            reader, writer = await server.connect(_GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert (await rest(reader)).startswith(b"HTTP/1.1 200")
            busy_writer.write_eof()
            assert (await rest(busy_reader)).startswith(b"HTTP/1.1 200")
            assert server.http.connections <= 4
            for _, each in [*idle, (None, writer), (None, busy_writer)]:
                each.close()
            assert len(server.warnings) == 1

    run(test())


def test_a_crowd_at_work_is_not_disturbed_by_one_more():
    async def test():
        async with Server(maximum_connections=3, pause_seconds=0.4) as server:
            crowd = [await server.connect(_GET) for _ in range(3)]
            await asyncio.sleep(0.1)
            reader, late = await server.connect(_GET)
            with contextlib.suppress(ConnectionError):
                assert await rest(reader) == b""
            for each, writer in crowd:
                writer.write_eof()
                assert (await rest(each)).startswith(b"HTTP/1.1 200")
                writer.close()
            late.close()

    run(test())


def test_requests_that_do_not_go_on_make_room_for_new_ones():
    async def test():
        async with Server(maximum_connections=3) as server:
            body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"
            crowd = [await server.connect(body) for _ in range(3)]
            await eventually(lambda: server.http.connections == 3)
            reader, late = await server.connect(_GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            assert (await rest(reader)).startswith(b"HTTP/1.1 200")
            for _, writer in (*crowd, (None, late)):
                writer.close()

    run(test())


def test_an_answer_before_the_end_of_a_body_is_no_error(caplog):
    async def test():
        async with Server(reads=False) as server:
            reader, writer = await server.connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\nabc")
            async with asyncio.timeout(DEADLINE_SECONDS):
                assert (await reader.readline()).startswith(b"HTTP/1.1 413")
            writer.write_eof()
            await rest(reader)
            writer.close()
            await eventually(lambda: server.http.connections == 0)

    run(test())
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize("head", [b"GET /%s HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX-Long: %s\r\n\r\n"])
def test_a_line_that_is_too_long_is_no_malformed_request(head):
    async def test():
        async with Server() as server:
            reader, writer = await server.connect(head % (b"a" * 70_000))
            assert (await rest(reader)).split(maxsplit=2)[1] == b"413"
            writer.close()

    run(test())


def test_a_plain_answer_waits_for_nothing():
    async def test():
        async with Server() as server:
            started = time.monotonic()
            for _ in range(20):
                reader, writer = await server.connect(_GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
                await rest(reader)
                writer.close()
            assert time.monotonic() - started < 20  # twenty times the time that it would linger is forty

    run(test())
