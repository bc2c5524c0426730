"""A small stack of its own for these tests: real processes, real HTTP, and a template in `project/`."""

import asyncio
import json
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from livecode_embedded.environment import EnvironmentSpec, ExecutionEnvironment
from livecode_embedded.logs import Terminal
from livecode_embedded.stack import Stack, StackSettings
from livecode_embedded.template import Template

PROJECT = Path(__file__).parent / "project"
DEADLINE_SECONDS = 20.0


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project that a test may change."""
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


@pytest.fixture(scope="session")
def translated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's template, translated once for all tests: it takes a second."""
    folder = tmp_path_factory.mktemp("translated")
    Template(PROJECT / "infra" / "template.yaml", cache_folder=folder, parameters={})
    return folder


@pytest.fixture
def state(tmp_path: Path, translated: Path) -> Path:
    return Path(shutil.copytree(translated, tmp_path / "state"))


@asynccontextmanager
async def running_stack(project: Path, state: Path, **parameters: str) -> AsyncIterator["RunningStack"]:
    template = project / "infra" / "template.yaml"
    stack = Stack(StackSettings(template=template, state=state, port=0, parameters=parameters), terminal=Terminal())
    try:
        await stack.start()
        yield RunningStack(stack, state)
    finally:
        await stack.stop()


class RunningStack:
    def __init__(self, stack: Stack, state: Path) -> None:
        self.stack = stack
        self.url = stack.url
        self.state = state

    @property
    def description(self) -> dict[str, Any]:
        return dict(json.loads((self.state / "stack.json").read_text()))

    def queue_url(self, name: str) -> str:
        return str(self.description["queue_urls"][name])

    def client(self, service: Any) -> Any:
        return aws_client(service, self.description["aws_endpoint_url"])

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        """A boto3 call, in a thread: the stack runs in this one."""
        client = self.client(service)
        try:
            return await asyncio.to_thread(getattr(client, operation), **arguments)
        finally:
            client.close()


def aws_client(service: Any, endpoint_url: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=endpoint_url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


async def eventually(condition: Callable[[], Any]) -> Any:
    """Polls until the condition gives something true, and returns it."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        value = condition()
        if isinstance(value, Awaitable):
            value = await value
        if value:
            return value
        assert time.monotonic() < deadline, "the condition did not come true in time"
        await asyncio.sleep(0.01)


def run(test: Awaitable[Any]) -> None:
    async def main() -> None:
        await test

    asyncio.run(main())


@pytest.fixture
def environment_of(tmp_path: Path) -> Callable[..., tuple[ExecutionEnvironment, list[str]]]:
    """Builds an execution environment around a handler's source, and the list that its log lines go to."""

    def build(source: str, *, timeout_seconds: float = 5) -> tuple[ExecutionEnvironment, list[str]]:
        (tmp_path / "program.py").write_text(source)
        lines: list[str] = []
        spec = EnvironmentSpec(
            function_name="Program",
            function_arn="arn:aws:lambda:us-east-1:000000000000:function:Program",
            command=(sys.executable, "-m", "awslambdaric", "program.handler"),
            code_root=tmp_path,
            variables={"PYTHONPATH": str(tmp_path)},
            timeout_seconds=timeout_seconds,
            memory_mb=128,
        )
        return ExecutionEnvironment(spec, log=lines.append), lines

    return build
