"""An HTTP server on loopback without a framework's routing, which bounds what its clients can hold of it.

How it works: aiohttp parses, and speaks HTTP. Here is added what a server needs whose clients are strangers: an end to
idle connections and to requests that never become complete, a bound to the number of connections, answers to clients
that have closed their side already, and to those whose request was given up half-read; and what is not HTTP/1.0 or 1.1
is refused.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http import HttpVersion10, HttpVersion11
from aiohttp.http_exceptions import LineTooLong
from aiohttp.web_protocol import RequestHandler, RequestPayloadError

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

# "Idle connection timeout: 310 seconds", of API Gateway's quotas for REST APIs. It documents no time for a request that
# is sent byte by byte; here one has as long to become complete.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
IDLE_SECONDS = 310.0
MAXIMUM_CONNECTIONS = 1024
# Far over API Gateway's 10,240 bytes for a request line with its headers, which the gateway itself answers.
_LINE_BYTES = 65536
_BODY_BYTES = 16 * 1024 * 1024
# After the answer to what could not be read, so much more is read and thrown away: a connection that is closed with
# unread bytes is reset, and the client might lose the answer.
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 4 * 1024 * 1024
_LOOK_SECONDS = 0.05
_BACKLOG = 128  # as asyncio has it


class HttpServer:
    """Serves HTTP on loopback with the bounds of API Gateway.

    `malformed` is given a status for what is not HTTP, and answers it; None leaves that to aiohttp.

    `warn` is told when there are too many connections.
    """

    def __init__(
        self,
        handler: Handler,
        *,
        malformed: Callable[[int], web.Response] | None = None,
        warn: Callable[[str], None] = lambda _: None,
        idle_seconds: float = IDLE_SECONDS,
        maximum_connections: int = MAXIMUM_CONNECTIONS,
    ) -> None:
        self._server = _Server(handler, malformed, warn, idle_seconds, maximum_connections)
        self._runner = web.ServerRunner(self._server, handle_signals=False, shutdown_timeout=0.5)
        self.port = 0

    @property
    def connections(self) -> int:
        return len(self._server.connections)

    async def start(self, port: int) -> None:
        """Listens on 127.0.0.1; raises OSError for a port that is taken."""
        await self._runner.setup()
        # So many are accepted at once, before one of them can be closed again.
        backlog = min(_BACKLOG, self._server.maximum_connections)
        site = web.TCPSite(self._runner, "127.0.0.1", port, backlog=backlog)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()


class _Server(web.Server):
    def __init__(
        self,
        handler: Handler,
        malformed: Callable[[int], web.Response] | None,
        warn: Callable[[str], None],
        idle_seconds: float,
        maximum_connections: int,
    ) -> None:
        super().__init__(self._handle, request_factory=_request)
        self._handler = handler
        self._malformed = malformed
        self._warn = warn
        self._idle_seconds = idle_seconds
        self.maximum_connections = maximum_connections
        self._warned = False

    def __call__(self) -> RequestHandler:
        return _RequestHandler(
            self,
            malformed=self._malformed,
            loop=self._loop,
            access_log=None,
            keepalive_timeout=self._idle_seconds,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            tcp_keepalive=False,
            auto_decompress=False,  # neither does API Gateway
        )

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        if len(self.connections) > self.maximum_connections:
            self._make_room(handler)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if self._malformed and _REFUSED in request:
            return self._malformed(400)
        return await self._handler(request)

    def _make_room(self, newest: RequestHandler) -> None:
        """Closes the connection that has been idle longest, or else that has kept us waiting longest for its request's
        body; the new one where all others are at work."""
        if not self._warned:
            self._warn(f"{self.maximum_connections} connections are open; for each new one the idlest is closed")
        self._warned = True
        others = [each for each in self.connections if isinstance(each, _RequestHandler) and each is not newest]
        idle = [each for each in others if each.idle] or [each for each in others if each.awaits_body]
        if idle:
            min(idle, key=lambda each: each.idle_since).force_close()
        else:
            self._loop.call_soon(newest.force_close)  # once it has been set up


_REFUSED = web.RequestKey("refused", bool)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    known_version = message.version in (HttpVersion10, HttpVersion11)
    refused = not known_version or not _knows_transfer_coding(message)
    if not known_version:
        message = message._replace(version=HttpVersion11)  # the answer's
    request = web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_BODY_BYTES)
    if refused:
        request[_REFUSED] = True
    protocol.await_body(payload)
    return request


def _knows_transfer_coding(message: Any) -> bool:
    """Whether the transfer coding is known: chunked alone is, and from HTTP/1.1 on (RFC 9112, section 6.1)."""
    codings = [value.strip().lower() for name, value in message.raw_headers if name.lower() == b"transfer-encoding"]
    return not codings or (message.version == HttpVersion11 and codings == [b"chunked"])


class _RequestHandler(RequestHandler):
    __slots__ = (
        "_answered",
        "_body",
        "_body_timer",
        "_first_line",
        "_half_closed",
        "_linger_bytes",
        "_lingering",
        "_malformed",
        "idle_since",
    )

    def __init__(self, *arguments: Any, malformed: Callable[[int], web.Response] | None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._malformed = malformed
        self._first_line: bytes | None = b""  # None once it has been looked at
        self._half_closed = False
        self._body: Any = None  # of the latest request
        self._answered: Any = None  # the body of the latest request that has been answered
        self._body_timer: asyncio.TimerHandle | None = None
        self._lingering: asyncio.Future[None] | None = None
        self._linger_bytes = _LINGER_BYTES
        self.idle_since = self._loop.time()

    @property
    def idle(self) -> bool:
        """Whether it waits for a request, or for the rest of its head."""
        return self._waiter is not None and not self._waiter.done() and not self._messages

    @property
    def awaits_body(self) -> bool:
        return self._body is not None and not self._body.is_eof() and not self._messages

    # ---- What comes in --------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self.idle_since = self._loop.time()
        if self._lingering:
            self._linger_bytes -= len(data)
            if self._linger_bytes < 0:
                self._stop_lingering()
            return
        if self._first_line is not None and self._is_http_0_9(data):
            data = b"\0"  # no byte of a request, so that the parser gives up here instead of waiting for headers
        super().data_received(data)

    def _is_http_0_9(self, data: bytes) -> bool:
        """Whether the first line has no version: HTTP/0.9, whose clients send no headers and wait."""
        assert self._first_line is not None
        line, end, _ = (self._first_line + data[:_LINE_BYTES]).lstrip(b"\r\n").partition(b"\n")
        done = end or len(line) > _LINE_BYTES
        self._first_line = None if done else line
        return bool(end) and len(line.split()) == 2 and line.isascii()

    def eof_received(self) -> bool | None:  # type: ignore[override] # asyncio's own signature; aiohttp never keeps it open
        """Keeps the connection of a client that sends no more open until it has got its answers."""
        if self._lingering:
            self._stop_lingering()
            return None
        if self.idle:
            return None
        if not self._half_closed:
            self._half_closed = True
            self._end_body()
            self._close_when_answered()
        return True

    def _end_body(self) -> None:
        """Ends a body that is not complete: by now it will never be."""
        payload = self._messages[-1][1] if self._messages else self._body
        if payload is not None and not payload.is_eof():
            if payload is self._answered:  # nobody but aiohttp reads it any more, to throw it away
                payload.feed_eof()
                return
            payload.set_exception(RequestPayloadError("the client has closed its side within the body"))
            payload.feed_eof()

    def _close_when_answered(self) -> None:
        if self.idle:
            self.force_close()
        elif self.transport is not None:
            self._loop.call_later(_LOOK_SECONDS, self._close_when_answered)

    def await_body(self, payload: Any) -> None:
        """Gives the body of the request that begins as long as a connection may be idle."""
        self._body = payload
        if not payload.is_eof():
            self._body_timer = self._loop.call_later(self._keepalive_timeout, self._give_up_body, payload)

    def _give_up_body(self, payload: Any) -> None:
        if not payload.is_eof():
            self.force_close()

    # ---- What goes out --------------------------------------------------------------------------------------------

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        if self._malformed is None:
            return super().handle_error(request, status, exc, message)
        if status >= 500:
            super().handle_error(request, status, exc, message)  # for its log
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has been sent in part")
        return self._malformed(413 if isinstance(exc, LineTooLong) else status)

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        finished = await super().finish_response(request, resp, start_time)
        self._answered = self._body
        if self._body_timer:
            self._body_timer.cancel()
        self.idle_since = self._loop.time()
        if not resp.keep_alive:
            await self._linger()
        return finished

    async def _linger(self) -> None:
        """Ends our side and reads on for a moment, until the client ends its own."""
        if self.transport is None or self._half_closed or not self.transport.can_write_eof():
            return
        self._lingering = self._loop.create_future()
        self.transport.write_eof()
        self.transport.resume_reading()
        await asyncio.wait({self._lingering}, timeout=_LINGER_SECONDS)
        self._lingering_time = 0.0  # aiohttp's own, for the rest of a body: that has been read, or is never

    def _stop_lingering(self) -> None:
        if self._lingering and not self._lingering.done():
            self._lingering.set_result(None)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop_lingering()
        if self._body_timer:
            self._body_timer.cancel()
        super().connection_lost(exc)
