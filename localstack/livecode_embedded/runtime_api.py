"""The Lambda Runtime API of one execution environment: the HTTP calls that awslambdaric makes.

A protocol of its own instead of a web framework: four calls from one known client, on the way of every invocation.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
from collections.abc import Mapping
from typing import Protocol

_VERSION = "/2018-06-01/runtime"
# Set by Lambda for a synchronous answer.
MAXIMUM_RESPONSE_BYTES = 6 * 1024 * 1024 + 100


class RuntimeApiSite(Protocol):
    """What the Runtime API answers for: one execution environment."""

    def runtime_asks(self, connection: "RuntimeConnection") -> None:
        """Is called when the runtime is ready and waits for `connection.deliver`."""

    def runtime_answers(self, request_id: str, payload: bytes) -> None: ...
    def runtime_fails(self, request_id: str, error: bytes) -> None: ...
    def runtime_fails_to_start(self, error: bytes) -> None: ...


class RuntimeConnection(asyncio.Protocol):
    def __init__(self, site: RuntimeApiSite) -> None:
        self._site = site
        self._received = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end]).decode("latin-1").split("\r\n")
            headers = dict(line.lower().split(":", 1) for line in head[1:] if ":" in line)
            if headers.pop("expect", None):
                self._write("100 Continue")
                self._received[:end] = "\r\n".join(line for line in head if not _expects(line)).encode("latin-1")
                continue
            length = int(headers.get("content-length", 0))
            if len(self._received) < end + 4 + length:
                return
            body = bytes(self._received[end + 4 : end + 4 + length])
            del self._received[: end + 4 + length]
            method, target, _ = head[0].split(" ", 2)
            self._dispatch(method, target, body)

    def deliver(self, payload: bytes, headers: Mapping[str, str]) -> None:
        """Answers the runtime's call for the next event."""
        self._write("200 OK", payload, headers)

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    def _dispatch(self, method: str, target: str, body: bytes) -> None:
        match [method, *target.removeprefix(_VERSION).strip("/").split("/")]:
            case ["GET", "invocation", "next"]:
                self._site.runtime_asks(self)
            case ["POST", "invocation", request_id, "response"] if len(body) > MAXIMUM_RESPONSE_BYTES:
                self._site.runtime_fails(request_id, _TOO_LARGE)
                self._write("413 Request Entity Too Large", _TOO_LARGE)
            case ["POST", "invocation", request_id, "response"]:
                # The runtime's next call comes after this answer, so the waiting caller goes second.
                self._write("202 Accepted")
                self._site.runtime_answers(request_id, body)
            case ["POST", "invocation", request_id, "error"]:
                self._write("202 Accepted")
                self._site.runtime_fails(request_id, body)
            case ["POST", "init", "error"]:
                self._write("202 Accepted")
                self._site.runtime_fails_to_start(body)
            case _:
                self._write("404 Not Found")

    def _write(self, status: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        assert self._transport is not None
        lines = [f"HTTP/1.1 {status}"]
        if not status.startswith("100"):
            lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        self._transport.write("\r\n".join([*lines, "\r\n"]).encode("ascii", "replace") + body)


def _expects(line: str) -> bool:
    return line.lower().startswith("expect:")


_TOO_LARGE = (
    b'{"errorType":"Function.ResponseSizeTooLarge","errorMessage":"Response payload size exceeded maximum allowed '
    b'payload size (%d bytes)."}' % MAXIMUM_RESPONSE_BYTES
)
