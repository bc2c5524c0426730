"""A Lambda function: its execution environments, kept warm, replaced when they end, bounded in number."""

import asyncio
import json
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping

from livecode_embedded.environment import EnvironmentFailed, EnvironmentSpec, ExecutionEnvironment, Invocation
from livecode_embedded.intrinsics import REGION
from livecode_embedded.specs import FunctionSpec
from livecode_embedded.system_path import SYSTEM_PATH

# A laptop is not a region: past this many environments an invocation waits where Lambda would start another.
ENVIRONMENTS_PER_FUNCTION = max(2, os.cpu_count() or 1)
IDLE_SECONDS = 300.0
# So often a start that fails for want of, say, descriptors is tried again before it fails its invocation; with a second
# between, that is within the time that API Gateway waits.
_STARVED_STARTS = 20
_RETRY_SECONDS = 1.0
# Lambda tries an asynchronous invocation three times, with these waits between.
_ASYNCHRONOUS_WAITS = (60.0, 120.0)


class LambdaFunction:
    def __init__(
        self,
        spec: FunctionSpec,
        *,
        endpoint_url: str,
        log: Callable[[str], None],
        on_change: Callable[[], None] = lambda: None,
        idle_seconds: float = IDLE_SECONDS,
        retry_seconds: float = _RETRY_SECONDS,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.spec = spec
        self._log = log
        self._on_change = on_change  # called when an environment has started or ended
        self._idle_seconds = idle_seconds
        self._retry_seconds = retry_seconds
        limit = spec.reserved_concurrency
        self.concurrency = ENVIRONMENTS_PER_FUNCTION if limit is None else min(limit, ENVIRONMENTS_PER_FUNCTION)
        self._environment_spec = EnvironmentSpec(
            function_name=spec.name,
            function_arn=spec.arn,
            command=(sys.executable, "-m", "awslambdaric", spec.handler),
            code_root=spec.code_root,
            variables={**_lambda_variables(spec, endpoint_url), **spec.variables, **_coverage_variables(environment)},
            timeout_seconds=spec.timeout_seconds,
            memory_mb=spec.memory_mb,
        )
        self._idle: list[tuple[float, ExecutionEnvironment]] = []  # the most recently used last
        self._all: set[ExecutionEnvironment] = set()
        self._starting = 0
        self._starved_starts = 0  # in a row
        self._returning = 0  # have answered, and will ask for their next event in no time
        self._waiters: deque[asyncio.Future[ExecutionEnvironment]] = deque()
        self._outdated: set[ExecutionEnvironment] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def warm(self) -> None:
        """Starts one environment ahead of the first invocation; raises EnvironmentFailed."""
        self._release(await self._acquire())

    async def invoke(self, payload: bytes, *, trace_id: str = "") -> Invocation:
        """Runs one event in an idle environment, a new one, or the next that becomes free."""
        try:
            environment = await self._acquire()
        except EnvironmentFailed as error:
            return Invocation(request_id="", payload=error.payload, error=True)
        try:
            return await environment.invoke(payload, trace_id=trace_id)
        finally:
            self._spawn(self._return_when_ready(environment))

    def invoke_asynchronously(self, payload: bytes) -> None:
        """Accepts an event and runs it behind the caller's back, trying again as Lambda does."""
        self._spawn(self._invoke_with_retries(payload))

    def retire_idle(self, *, unused_for_seconds: float = 0) -> None:
        """Ends environments that wait; with no time given, those at work end after their invocation."""
        now = time.monotonic()
        retired = [(since, each) for since, each in self._idle if now - since >= unused_for_seconds]
        self._idle = [entry for entry in self._idle if entry not in retired]
        for _, environment in retired:
            self._spawn(self._end(environment))
        if not unused_for_seconds:
            self._outdated |= self._all - {each for _, each in self._idle}

    def retire_unused(self) -> None:
        self.retire_idle(unused_for_seconds=self._idle_seconds)

    async def close(self) -> None:
        self._closed = True
        # First what would start or hand out environments, then the environments.
        for waiter in self._waiters:
            waiter.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(environment.close() for environment in self._all))

    @property
    def pids(self) -> list[int]:
        return [environment.pid for environment in self._all if environment.pid]

    async def _acquire(self) -> ExecutionEnvironment:
        while self._idle:
            _, environment = self._idle.pop()
            if environment.usable:
                return environment
            self._spawn(self._end(environment))
        waiter: asyncio.Future[ExecutionEnvironment] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._start_what_is_missing()
        return await waiter

    def _start_what_is_missing(self) -> None:
        while not self._closed and len(self._all) < self.concurrency:
            if self._starting + self._returning >= len(self._waiters):
                return
            environment = ExecutionEnvironment(self._environment_spec, log=self._log)
            self._all.add(environment)
            self._starting += 1
            self._spawn(self._start(environment))

    async def _start(self, environment: ExecutionEnvironment) -> None:
        try:
            await environment.start()
        except EnvironmentFailed as error:
            failure: EnvironmentFailed | None = error
        else:
            failure = None
        finally:
            self._starting -= 1
        if failure:
            self._all.discard(environment)
            self._start_failed(failure)
            return
        self._starved_starts = 0
        self._on_change()
        self._release(environment)

    def _start_failed(self, error: EnvironmentFailed) -> None:
        """Fails the invocation for which an environment could not start; others get a start of their own.

        Where this machine is in the way, invocations wait a while for what may come free: for long, if there are
        environments at work.
        """
        if error.by_machine:
            self._starved_starts += 1
            if self._starved_starts == 1:
                self._log(json.dumps({"level": "WARNING", "message": error.payload.decode()}))
            if self._all or self._starved_starts <= _STARVED_STARTS:
                asyncio.get_running_loop().call_later(self._retry_seconds, self._start_what_is_missing)
                return
        if waiter := self._next_waiter():
            waiter.set_exception(error)
        self._start_what_is_missing()

    async def _return_when_ready(self, environment: ExecutionEnvironment) -> None:
        self._returning += 1
        try:
            await environment.becomes_ready()
        finally:
            self._returning -= 1
        self._release(environment)

    def _release(self, environment: ExecutionEnvironment) -> None:
        if self._closed or not environment.usable or environment in self._outdated:
            self._spawn(self._end(environment))
        elif waiter := self._next_waiter():
            waiter.set_result(environment)
        else:
            self._idle.append((time.monotonic(), environment))

    def _next_waiter(self) -> "asyncio.Future[ExecutionEnvironment] | None":
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.done():
                return waiter
        return None

    async def _end(self, environment: ExecutionEnvironment) -> None:
        await environment.close()
        self._all.discard(environment)
        self._outdated.discard(environment)
        self._on_change()
        self._start_what_is_missing()

    async def _invoke_with_retries(self, payload: bytes) -> None:
        for wait in (*_ASYNCHRONOUS_WAITS, None):
            result = await self.invoke(payload)
            if not result.error or wait is None:
                return
            await asyncio.sleep(wait)

    def _spawn(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _lambda_variables(spec: FunctionSpec, endpoint_url: str) -> dict[str, str]:
    """Returns the variables that Lambda sets.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    variables = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
        # Not Lambda's, which has no home folder: a developer's own profiles must not reach the functions.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_LAMBDA_FUNCTION_NAME": spec.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(spec.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": spec.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": time.strftime("%Y/%m/%d/[$LATEST]local", time.gmtime()),
        "AWS_LAMBDA_LOG_FORMAT": spec.log_format,
        "LAMBDA_TASK_ROOT": str(spec.code_root),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "C.UTF-8",  # Lambda's en_US.UTF-8 is not installed everywhere
        "PATH": SYSTEM_PATH,
        "PYTHONPATH": os.pathsep.join(map(str, (spec.code_root, *spec.layers))),
        "TZ": ":UTC",
        "_HANDLER": spec.handler,
    }
    if spec.log_level:
        variables["AWS_LAMBDA_LOG_LEVEL"] = spec.log_level
    if spec.runtime:
        variables["AWS_EXECUTION_ENV"] = f"AWS_Lambda_{spec.runtime}"
    return variables


def _coverage_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Lets coverage measure function processes; nothing else of the stack's own environment reaches them."""
    return {name: value for name, value in environment.items() if name.startswith("COVERAGE_")}
