"""One long-running `sam local` command: its output goes to a log, its end is noticed, its containers end with it."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Callable, Sequence

from livecode_docker.images import PROJECT
from livecode_embedded.errors import StackError
from livecode_embedded.processes import exit_status, kill_tree, start_process
from livecode_sam.cli import SamCli

_START_SECONDS = 120
_STOP_SECONDS = 20


class SamProcess:
    def __init__(
        self,
        sam: SamCli,
        arguments: Sequence[str],
        *,
        port: int,
        log: Callable[[str], None],
        stop_seconds: float = _STOP_SECONDS,
    ) -> None:
        self.port = port
        self._sam = sam
        self._arguments = [*arguments, "--host", "127.0.0.1", "--port", str(port)]
        self._log = log
        self._stop_seconds = stop_seconds
        self._last_line = "no reason given"
        self._process: subprocess.Popen[bytes] | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Returns once it listens; raises StackError with its last line if it does not."""
        read_end, write_end = os.pipe2(os.O_CLOEXEC)
        try:
            self._process = start_process(
                [self._sam.command, *self._arguments],
                environment={**self._sam.environment, "PYTHONUNBUFFERED": "1"},
                folder=PROJECT,
                output=write_end,
                death_signal="TERM",
            )
        finally:
            os.close(write_end)
        self._reading = asyncio.get_running_loop().create_task(self._read(read_end))
        deadline = asyncio.get_running_loop().time() + _START_SECONDS
        while not await self._listens():
            if self._process.poll() is not None or asyncio.get_running_loop().time() > deadline:
                raise StackError(
                    f"sam {' '.join(self._arguments[:2])} does not start: {await self._wait_for_last_line()}"
                )
            await asyncio.sleep(0.1)

    async def ended(self) -> None:
        """Waits for an end that nobody asked for; raises StackError then."""
        assert self._process is not None
        await exit_status(self._process)
        raise StackError(f"sam {' '.join(self._arguments[:2])} has ended: {await self._wait_for_last_line()}")

    async def stop(self) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            ended = asyncio.get_running_loop().create_task(exit_status(self._process))
            await asyncio.wait({ended}, timeout=self._stop_seconds)
            if not ended.done():
                kill_tree(self._process.pid)
            await ended
        if self._reading:
            await self._wait_for_last_line()
            self._reading.cancel()

    async def _wait_for_last_line(self) -> str:
        assert self._reading is not None
        await asyncio.wait({self._reading}, timeout=1)  # a child of sam may still hold the pipe
        return self._last_line

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True

    async def _read(self, descriptor: int) -> None:
        reader = asyncio.StreamReader(limit=1 << 22)
        with os.fdopen(descriptor, "rb") as pipe:
            await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
            while line := await reader.readline():
                text = line.decode(errors="replace").rstrip()
                self._last_line = text or self._last_line
                self._log(text)
