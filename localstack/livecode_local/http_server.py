"""An HTTP server on loopback without a framework's routing; what cannot be parsed goes to `malformed`."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

# Far over API Gateway's 10,240 bytes for a request line with its headers, which the gateway itself answers.
_LINE_BYTES = 65536
_BODY_BYTES = 16 * 1024 * 1024


class HttpServer:
    """`malformed` is given a status for what is not HTTP, and answers it; None leaves that to aiohttp."""

    def __init__(self, handler: Handler, *, malformed: Callable[[int], web.Response] | None = None) -> None:
        self._server = _Server(handler, malformed)
        self._runner = web.ServerRunner(self._server, handle_signals=False, shutdown_timeout=0.5)
        self.port = 0

    async def start(self, port: int) -> None:
        """Listens on 127.0.0.1; raises OSError for a port that is taken."""
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()


class _Server(web.Server):
    def __init__(self, handler: Handler, malformed: Callable[[int], web.Response] | None) -> None:
        super().__init__(handler, request_factory=_request)
        self._malformed = malformed

    def __call__(self) -> RequestHandler:
        return _RequestHandler(
            self,
            malformed=self._malformed,
            loop=self._loop,
            access_log=None,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            tcp_keepalive=False,
            auto_decompress=False,  # neither does API Gateway
        )


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=_BODY_BYTES)


class _RequestHandler(RequestHandler):
    __slots__ = ("_malformed",)

    def __init__(self, *arguments: Any, malformed: Callable[[int], web.Response] | None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._malformed = malformed

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
        return self._malformed(status)
