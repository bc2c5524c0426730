"""The LocalStack process: started in a venv of its own with everything it writes under one folder, awaited, ended."""

import asyncio
import os
import subprocess
import time
from pathlib import Path

import aiohttp

from livecode_embedded.errors import StackError
from livecode_embedded.log_files import trim
from livecode_embedded.processes import exit_status, kill_tree, start_process
from livecode_localstack.settings import ExecutorSettings

ADDRESS = "127.0.0.1"
_LIBRARIES = Path(__file__).parents[1]
_START_SECONDS = 120
# It stores nothing, and takes a long time to take itself apart.
_STOP_SECONDS = 3
SETTINGS = {
    "LAMBDA_RUNTIME_EXECUTOR": "livecode",
    # Else LocalStack believes that it is in its own container, and writes to /var/lib, in many a container.
    "OVERRIDE_IN_DOCKER": "0",
    "DNS_ADDRESS": "0",  # no DNS server
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DISABLE_EVENTS": "1",  # tells nobody of its use
    "SQS_ENDPOINT_STRATEGY": "path",
    # Between two polls; the default leaves an empty queue alone for up to 10 s.
    "LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC": "0.01",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "0.01",
    "PYTHONUNBUFFERED": "1",
}


class LocalStackProcess:
    def __init__(self, python: Path, *, state: Path, port: int, executor: ExecutorSettings) -> None:
        self._python = python
        self._state = state
        self._port = port
        self._executor = executor
        self._log_file = state / "logs" / "localstack.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://{ADDRESS}:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Returns when LocalStack answers; raises StackError with its last line."""
        temporary = self._state / "tmp"
        temporary.mkdir(exist_ok=True)
        self._log_file.unlink(missing_ok=True)
        with self._log_file.open("ab") as log:  # appending, so that it can be trimmed
            self._process = start_process(
                [str(self._python), "-m", "livecode_localstack.server"],
                environment={
                    "PATH": os.environ.get("PATH", ""),
                    "HOME": str(self._state),
                    "LANG": "C.UTF-8",
                    "PYTHONPATH": str(_LIBRARIES),
                    "TMPDIR": str(temporary),
                    "FILESYSTEM_ROOT": str(self._state / "filesystem"),
                    "GATEWAY_LISTEN": f"{ADDRESS}:{self._port}",
                    "LOCALSTACK_HOST": f"{ADDRESS}:{self._port}",
                    **SETTINGS,
                    **self._executor.variables(),
                },
                folder=self._state,
                output=log.fileno(),
            )
        deadline = time.monotonic() + _START_SECONDS
        async with aiohttp.ClientSession() as http:
            while not await _answers(http, f"{self.endpoint_url}/_localstack/health"):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise StackError(f"LocalStack does not start: {self._last_line()} (log: {self._log_file})")
                await asyncio.sleep(0.1)

    def trim_log(self) -> None:
        """Keeps the log small; to be called now and then."""
        trim(self._log_file)

    async def ended(self) -> None:
        """Waits for an end that nobody asked for."""
        if self._process:
            await exit_status(self._process)

    async def stop(self) -> None:
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        ended = asyncio.get_running_loop().create_task(self.ended())
        await asyncio.wait({ended}, timeout=_STOP_SECONDS)
        if not ended.done():
            kill_tree(self._process.pid)
        await ended

    def _last_line(self) -> str:
        return (self._log_file.read_text(errors="replace").strip().splitlines() or ["no reason given"])[-1]


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
