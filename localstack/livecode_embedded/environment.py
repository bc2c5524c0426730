"""One Lambda execution environment: a process running AWS's own runtime client, and the Runtime API that feeds it.

It knows nothing of the rest of the stack, so that anything else which needs Lambda without Docker can use it too.
"""

import asyncio
import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from livecode_embedded.processes import exit_status, kill_group, kill_orphans, kill_tree, peak_memory_mb, start_process
from livecode_embedded.runtime_api import RuntimeApiSite, RuntimeConnection

# Lambda gives the init phase 10 s; a laptop under load gets the invocation's time on top.
_INIT_SECONDS = 10
_STOP_SECONDS = 1.5


@dataclass(frozen=True, kw_only=True)
class EnvironmentSpec:
    """What an environment runs; `command` is the runtime client with its handler."""

    function_name: str
    function_arn: str
    command: Sequence[str]
    code_root: Path
    variables: Mapping[str, str]
    timeout_seconds: float
    memory_mb: int


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What came of one event: the function's answer, or Lambda's error object when `error` says that it failed."""

    request_id: str
    payload: bytes
    error: bool = False


class EnvironmentFailed(Exception):
    """The environment ended before it could take an event; `payload` is Lambda's error object.

    `by_machine` says that the function has no part in it: this machine had no room for another process.
    """

    def __init__(self, payload: bytes, *, by_machine: bool = False) -> None:
        super().__init__()
        self.payload = payload
        self.by_machine = by_machine


class ExecutionEnvironment(RuntimeApiSite):
    """Runs one event at a time. `log` is given each line that the process and Lambda itself write."""

    def __init__(self, spec: EnvironmentSpec, *, log: Callable[[str], None]) -> None:
        self._spec = spec
        self._log = log
        self._server: asyncio.Server | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._output = -1
        self._partial_line = b""
        self._connections: set[RuntimeConnection] = set()
        self._waiting: RuntimeConnection | None = None
        self._ready: asyncio.Future[None] | None = None
        self._invocation: tuple[str, asyncio.Future[Invocation]] | None = None
        self._ended: asyncio.Task[None] | None = None
        self._init_error: bytes | None = None
        self._init_ms: float | None = None
        self._closing = False

    @property
    def usable(self) -> bool:
        return self._ready is not None and self._ended is not None and not self._ended.done() and not self._closing

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Starts the process and waits until it asks for an event; raises EnvironmentFailed."""
        started = time.perf_counter()
        try:
            await self._start_process()
        except OSError as error:  # no descriptor, process or memory is left, for example
            if self._process:
                kill_tree(self._process.pid)
                await exit_status(self._process)
            self._drop_server_and_output()
            raise EnvironmentFailed(
                _error("Sandbox.Failure", f"The execution environment cannot be started: {error}"), by_machine=True
            ) from error
        assert self._ready is not None
        limit = _INIT_SECONDS + self._spec.timeout_seconds
        try:
            await asyncio.wait_for(asyncio.shield(self._ready), limit)
        except TimeoutError as error:
            await self.close(grace_seconds=0)
            raise EnvironmentFailed(_error("Sandbox.Timedout", f"Init timed out after {limit:.2f} seconds")) from error
        self._init_ms = (time.perf_counter() - started) * 1000

    async def _start_process(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connect, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self._output, write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            os.set_blocking(write_end, True)
            self._process = start_process(
                self._spec.command,
                environment={**self._spec.variables, "AWS_LAMBDA_RUNTIME_API": f"{host}:{port}"},
                folder=self._spec.code_root,
                output=write_end,
            )
        finally:
            os.close(write_end)
        self._ready = loop.create_future()
        loop.add_reader(self._output, self._read_output)
        self._ended = loop.create_task(self._watch(self._process))

    async def invoke(self, payload: bytes, *, request_id: str = "", trace_id: str = "") -> Invocation:
        """Hands over one event and waits for the answer; never raises for what the function does.

        Both ids are one line of text; without a `request_id` the event gets one.

        Afterwards `usable` says whether the environment can take another: not after a timeout or a crash.
        """
        request_id = request_id or str(uuid.uuid4())
        if not self.usable or self._waiting is None:
            return Invocation(request_id=request_id, payload=_exit_error(request_id, None), error=True)
        answer: asyncio.Future[Invocation] = asyncio.get_running_loop().create_future()
        self._invocation = (request_id, answer)
        self._log(f"START RequestId: {request_id} Version: $LATEST")
        started = time.perf_counter()
        connection, self._waiting = self._waiting, None
        self._ready = asyncio.get_running_loop().create_future()
        connection.deliver(
            payload,
            {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + self._spec.timeout_seconds) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": self._spec.function_arn,
                "Lambda-Runtime-Trace-Id": trace_id,
            },
        )
        # A call_later, because wait_for would cost a task for each invocation.
        timer = asyncio.get_running_loop().call_later(self._spec.timeout_seconds, self._time_out, request_id)
        try:
            result = await answer
        finally:
            timer.cancel()
            self._invocation = None
        self._read_output()
        self._report(request_id, (time.perf_counter() - started) * 1000)
        return result

    async def becomes_ready(self) -> None:
        """Waits until the runtime asks for its next event, or has ended."""
        if self._ready is not None and not self._ready.done() and self._ended is not None:
            await asyncio.wait({self._ready, self._ended}, return_when=asyncio.FIRST_COMPLETED)

    async def close(self, *, grace_seconds: float = _STOP_SECONDS) -> None:
        """Ends the process and everything it started."""
        self._closing = True
        if self._process is None or self._ended is None:
            return
        if grace_seconds and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            # The runtime client waits for its next event in C; only an answer or a lost connection lets a
            # handler of the signal (coverage's, say) run.
            self._drop_connections()
            await asyncio.wait({self._ended}, timeout=grace_seconds)
        if not self._ended.done():
            kill_tree(self._process.pid)
        await self._ended

    # ---- What the runtime calls -----------------------------------------------------------------------------------

    def runtime_asks(self, connection: RuntimeConnection) -> None:
        self._waiting = connection
        if self._ready is not None and not self._ready.done():
            self._ready.set_result(None)

    def runtime_answers(self, request_id: str, payload: bytes) -> None:
        self._resolve(request_id, Invocation(request_id=request_id, payload=payload))

    def runtime_fails(self, request_id: str, error: bytes) -> None:
        self._resolve(request_id, Invocation(request_id=request_id, payload=error, error=True))

    def runtime_fails_to_start(self, error: bytes) -> None:
        self._init_error = error

    # ---- How it ends ----------------------------------------------------------------------------------------------

    def _time_out(self, request_id: str) -> None:
        limit = f"Task timed out after {self._spec.timeout_seconds:.2f} seconds"
        self._log(f"{_timestamp()} {request_id} {limit}")
        self._closing = True
        if self._process:
            kill_tree(self._process.pid)
        error = _error("Sandbox.Timedout", f"RequestId: {request_id} Error: {limit}")
        self._resolve(request_id, Invocation(request_id=request_id, payload=error, error=True))

    async def _watch(self, process: subprocess.Popen[bytes]) -> None:
        status = await exit_status(process)
        kill_group(process.pid)
        kill_orphans()
        self._read_output()
        self._drop_server_and_output()
        self._drop_connections()
        if self._invocation:
            request_id, _ = self._invocation
            error = _exit_error(request_id, status)
            self._log(json.loads(error)["errorMessage"])
            self._resolve(request_id, Invocation(request_id=request_id, payload=error, error=True))
        if self._ready is not None and not self._ready.done():
            self._ready.set_exception(EnvironmentFailed(self._init_error or _exit_error("", status)))
            self._ready.exception()  # it may be that nobody waits

    def _resolve(self, request_id: str, result: Invocation) -> None:
        if self._invocation and self._invocation[0] == request_id and not self._invocation[1].done():
            self._invocation[1].set_result(result)

    # ---- Details --------------------------------------------------------------------------------------------------

    def _connect(self) -> RuntimeConnection:
        connection = RuntimeConnection(self)
        self._connections.add(connection)
        return connection

    def _drop_server_and_output(self) -> None:
        if self._output >= 0:
            asyncio.get_running_loop().remove_reader(self._output)
            os.close(self._output)
            self._output = -1
        if self._server:
            self._server.close()

    def _drop_connections(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def _read_output(self) -> None:
        if self._output < 0:
            return
        try:
            while data := os.read(self._output, 65536):
                *lines, self._partial_line = (self._partial_line + data).split(b"\n")
                for line in lines:
                    self._log(line.decode(errors="replace"))
        except BlockingIOError:
            return
        # End of file: nobody holds the other end any more.
        asyncio.get_running_loop().remove_reader(self._output)
        if self._partial_line:
            self._log(self._partial_line.decode(errors="replace"))
            self._partial_line = b""

    def _report(self, request_id: str, duration_ms: float) -> None:
        init = f"\tInit Duration: {self._init_ms:.2f} ms" if self._init_ms is not None else ""
        billed = int(duration_ms + (self._init_ms or 0)) + 1
        self._init_ms = None
        memory = peak_memory_mb(self._process.pid) if self._process else 0
        self._log(f"END RequestId: {request_id}")
        self._log(
            f"REPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms\tBilled Duration: {billed} ms"
            f"\tMemory Size: {self._spec.memory_mb} MB\tMax Memory Used: {memory} MB{init}"
        )


def _timestamp() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


def _error(kind: str, message: str) -> bytes:
    return json.dumps({"errorType": kind, "errorMessage": message}).encode()


def _exit_error(request_id: str, status: int | None) -> bytes:
    if status is not None and status < 0:
        how = f"signal: {signal.strsignal(-status) or -status}".lower()
    else:
        how = f"exit status {status}"
    return _error("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited with error: {how}")
