"""A stack in the foreground: it serves until Ctrl-C, SIGTERM, or its own end."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any

from livecode_embedded.logs import say


async def serve_until_stopped(serving: Coroutine[Any, Any, None]) -> None:
    """Runs `serving`, raises what it raises, and cancels it at the signal."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running, stopping = loop.create_task(serving), loop.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        say("Stopping.")
    finally:
        running.cancel()
        stopping.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
