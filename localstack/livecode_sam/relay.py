"""Lets containers of one Docker network reach a service that listens on loopback only."""

import asyncio
import contextlib
from ipaddress import IPv4Network, ip_address

from livecode_embedded.errors import StackError

_CHUNK_BYTES = 65536


class Relay:
    """Listens on the network's gateway, which is this machine, and takes callers from that network alone."""

    def __init__(self, *, gateway: str, network: IPv4Network, port: int) -> None:
        self._gateway = gateway
        self._network = network
        self._target_port = port
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Begins to listen; returns the port, raises StackError."""
        try:
            self._server = await asyncio.start_server(self._serve, self._gateway, 0)
        except OSError as error:
            raise StackError(
                f"Docker's network {self._network} cannot be reached from here ({error.strerror}); "
                "use a Docker engine that runs on this machine and is not rootless."
            ) from error
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def close(self) -> None:
        if self._server:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            if ip_address(writer.get_extra_info("peername")[0]) in self._network:
                await self._connect(reader, writer)
        except (OSError, asyncio.CancelledError):
            return  # either side has gone, or we are to go
        finally:
            self._connections.discard(task)
            writer.close()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self._target_port)
        with contextlib.closing(target_writer):
            await asyncio.gather(_copy(reader, target_writer), _copy(target_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(_CHUNK_BYTES):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
