"""The way from containers to services on loopback."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import IPv4Network

import pytest

from livecode_embedded.errors import StackError
from livecode_sam.relay import Relay

HERE = IPv4Network("127.0.0.0/8")
ELSEWHERE = IPv4Network("192.0.2.0/24")


def through_a_relay(network: IPv4Network, talk: Callable[[int], Awaitable[bytes]]) -> bytes:
    """What `talk` comes to, given the port of a relay before a service that answers in capitals."""

    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        writer.close()

    async def run() -> bytes:
        service = await asyncio.start_server(shout, "127.0.0.1", 0)
        relay = Relay(gateway="127.0.0.1", network=network, port=service.sockets[0].getsockname()[1])
        try:
            return await talk(await relay.start())
        finally:
            await relay.close()
            service.close()

    return asyncio.run(run())


async def say_hello(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


def test_carries_both_directions_to_their_end() -> None:
    assert through_a_relay(HERE, say_hello) == b"HELLO"


def test_several_talk_at_once() -> None:
    async def all_talk(port: int) -> bytes:
        return b" ".join(await asyncio.gather(*(say_hello(port) for _ in range(5))))

    assert through_a_relay(HERE, all_talk) == b"HELLO HELLO HELLO HELLO HELLO"


def test_takes_no_caller_from_another_network() -> None:
    async def are_refused(port: int) -> bytes:
        try:
            return await say_hello(port)
        except ConnectionError:
            return b"refused"

    assert through_a_relay(ELSEWHERE, are_refused) in (b"", b"refused")


def test_its_end_ends_the_connections() -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.set()
        await reader.read()
        writer.close()
        left.set()

    async def run() -> bytes:
        service = await asyncio.start_server(listen, "127.0.0.1", 0)
        relay = Relay(gateway="127.0.0.1", network=HERE, port=service.sockets[0].getsockname()[1])
        reader, writer = await asyncio.open_connection("127.0.0.1", await relay.start())
        await connected.wait()
        await relay.close()
        answer = await reader.read()
        writer.close()
        await left.wait()
        service.close()
        return answer

    connected, left = asyncio.Event(), asyncio.Event()
    assert asyncio.run(run()) == b""


def test_a_gateway_that_is_not_of_this_machine_is_one_clear_line() -> None:
    async def run() -> None:
        await Relay(gateway="192.0.2.77", network=ELSEWHERE, port=1).start()

    with pytest.raises(StackError, match="cannot be reached from here") as raised:
        asyncio.run(run())
    assert "\n" not in str(raised.value)
