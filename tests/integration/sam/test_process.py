"""A `sam local` command from its start to its end, with a stand-in for sam that listens, or does not."""

import asyncio
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from livecode_embedded.errors import StackError
from livecode_sam.cli import SamCli
from livecode_sam.process import SamProcess

LISTENING = """
import socketserver, sys
port = int(sys.argv[sys.argv.index("--port") + 1])
print("serving", *sys.argv[1:], flush=True)
socketserver.TCPServer(("127.0.0.1", port), socketserver.BaseRequestHandler).serve_forever()
"""
ENDING_LATER = LISTENING.replace(".serve_forever()", ".handle_request(); print('Docker has gone')")
ENDING_AT_ONCE = "print('Error: Running AWS SAM projects locally requires Docker'); raise SystemExit(1)"
DEAF_TO_SIGTERM = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LISTENING


def with_sam(
    script: str, state: Path, act: Callable[[SamProcess], Awaitable[None]], *, stop_seconds: float = 20
) -> list[str]:
    """What the process logged while `act` had it."""
    sam = state / "sam-venv" / "bin" / "sam"
    sam.parent.mkdir(parents=True)
    sam.write_text(f"#!{sys.executable}\n{script}")
    sam.chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log: list[str] = []

    async def run() -> None:
        cli = SamCli(state, {})
        process = SamProcess(cli, ["local", "start-api"], port=port, log=log.append, stop_seconds=stop_seconds)
        try:
            await act(process)
        finally:
            await process.stop()

    asyncio.run(run())
    return log


def test_starts_on_loopback_and_ends_when_told(tmp_path: Path) -> None:
    async def act(process: SamProcess) -> None:
        await process.start()
        assert process.pid
        await process.stop()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", process.port)

    [line] = with_sam(LISTENING, tmp_path, act)
    assert line.startswith("serving local start-api --host 127.0.0.1 --port ")


def test_one_that_does_not_start_is_its_last_line(tmp_path: Path) -> None:
    async def act(process: SamProcess) -> None:
        with pytest.raises(StackError) as raised:
            await process.start()
        assert str(raised.value) == (
            "sam local start-api does not start: Error: Running AWS SAM projects locally requires Docker"
        )

    with_sam(ENDING_AT_ONCE, tmp_path, act)


def test_one_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    async def act(process: SamProcess) -> None:
        await process.start()  # whose look at the port is the one request
        with pytest.raises(StackError, match=r"^sam local start-api has ended: "):
            await process.ended()

    with_sam(ENDING_LATER, tmp_path, act)


def test_one_that_does_not_heed_is_killed(tmp_path: Path) -> None:
    async def act(process: SamProcess) -> None:
        await process.start()
        await process.stop()
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", process.port)

    with_sam(DEAF_TO_SIGTERM, tmp_path, act, stop_seconds=0.2)
