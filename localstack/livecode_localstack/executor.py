"""LocalStack's runtime executor: runs Lambda functions as processes of this machine, where Docker's has containers.

LocalStack makes one executor for each execution environment that it wants, and calls it from threads of its own. The
environment itself is the embedded stack's; all of them share one event loop in a thread.
"""

import asyncio
import functools
import os
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.runtime_executor import RuntimeExecutor

from livecode_embedded.environment import EnvironmentFailed, EnvironmentSpec, ExecutionEnvironment, Invocation
from livecode_embedded.log_files import RotatingLog
from livecode_localstack.code import environment_spec, prepare_code
from livecode_localstack.settings import ExecutorSettings

T = TypeVar("T")
_ADDRESS = "127.0.0.1"


class ProcessExecutor(RuntimeExecutor):
    """One execution environment. What it prints goes to a log file of its function, and to LocalStack's logs."""

    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id, function_version)
        self._settings = ExecutorSettings.from_environment(os.environ)
        self._log_file = _log_file(self._settings.log_folder / f"{function_version.id.function_name}.log")
        self._lines: list[str] = []
        self._spec: EnvironmentSpec | None = None
        self._environment: ExecutionEnvironment | None = None

    def start(self, env_vars: dict[str, Any]) -> None:
        self._spec = environment_spec(self.function_version, env_vars, self._settings)
        try:
            _run(self._start())
        except EnvironmentFailed as error:
            raise StatusErrorException("The execution environment does not start", payload=error.payload) from error

    def stop(self) -> None:
        _run(self._stop())

    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        result = _run(self._invoke(payload))
        logs, self._lines = "\n".join(self._lines), []
        return InvocationResult(payload["invoke-id"], result.payload, is_error=result.error, logs=logs)

    def get_logs(self) -> str:
        return "\n".join(self._lines)

    def get_address(self) -> str:
        return _ADDRESS

    def get_endpoint_from_executor(self) -> str:
        return _ADDRESS

    def get_runtime_endpoint(self) -> str:
        return ""  # each environment has a Runtime API of its own

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        prepare_code(function_version)

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        """Does nothing: LocalStack itself removes the code that it has unpacked."""

    async def _start(self) -> ExecutionEnvironment:
        assert self._spec is not None
        self._environment = ExecutionEnvironment(self._spec, log=self._log)
        await self._environment.start()
        return self._environment

    async def _stop(self) -> None:
        if self._environment:
            await self._environment.close()
        self._log_file.close()  # another environment that has something to log opens it again

    async def _invoke(self, payload: dict[str, str]) -> Invocation:
        environment, request_id = self._environment, payload["invoke-id"]
        if environment:
            await environment.becomes_ready()
        if environment is None or not environment.usable:
            # It timed out or crashed; on Lambda too the next event gets a fresh process.
            try:
                environment = await self._start()
            except EnvironmentFailed as error:
                return Invocation(request_id=request_id, payload=error.payload, error=True)
        return await environment.invoke(
            payload["payload"].encode(), request_id=request_id, trace_id=payload["trace-id"]
        )

    def _log(self, line: str) -> None:
        self._lines.append(line)
        self._log_file.write(line)


@functools.cache
def _log_file(path: Path) -> RotatingLog:
    """Returns the log file that all environments of a function share; their lines come from one thread."""
    return RotatingLog(path)


@functools.cache
def _event_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="livecode-environments", daemon=True).start()
    return loop


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, _event_loop()).result()


# Here, and not at the first call, which two threads could make at once.
_event_loop()
