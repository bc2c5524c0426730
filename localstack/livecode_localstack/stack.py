"""LiveCode on LocalStack without Docker: a private Postgres, LocalStack with our executor, and the deployment."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from livecode_embedded.errors import StackError
from livecode_embedded.logs import Terminal, say
from livecode_embedded.ports import check_port
from livecode_embedded.postgres import Postgres
from livecode_embedded.state import remove_stack_file, write_stack_file
from livecode_embedded.system_path import SYSTEM_PATH
from livecode_localstack.deploy import BUCKET, Deployer, Deployment
from livecode_localstack.package import package
from livecode_localstack.process import LocalStackProcess
from livecode_localstack.settings import ExecutorSettings


@dataclass(frozen=True, kw_only=True)
class LocalStackSettings:
    """`python` is that of LocalStack's venv; `parameters` are the user's values for the template's parameters."""

    template: Path
    python: Path
    state: Path
    port: int
    database_url: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


class LocalStackStack:
    def __init__(self, settings: LocalStackSettings, *, terminal: Terminal) -> None:
        self._settings = settings
        self._terminal = terminal
        self._postgres: Postgres | None = None
        self._localstack: LocalStackProcess | None = None
        self._deployment: Deployment | None = None
        self._database_url = settings.database_url
        self.url = ""

    async def start(self) -> None:
        """Starts everything and deploys; raises StackError. What has been started by then, `stop` ends."""
        settings = self._settings
        if not settings.python.exists():
            raise StackError("LocalStack is not installed; `make localstack` installs and starts it.")
        check_port(settings.port, setting="LIVECODE_LOCALSTACK_PORT")
        packaged = package(settings.template, bucket=BUCKET)
        database_url = settings.database_url or await self._start_postgres()
        logs = settings.state / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        self._localstack = LocalStackProcess(
            settings.python,
            state=settings.state,
            port=settings.port,
            executor=ExecutorSettings(function_python=sys.executable, log_folder=logs, images=packaged.images),
        )
        say("Starting LocalStack")
        await self._localstack.start()
        say(f"Deploying {settings.template.name}")
        deployer = Deployer(self._localstack.endpoint_url)
        parameters = {**self._own_parameters(database_url), **settings.parameters}
        deployment = await asyncio.to_thread(deployer.deploy, packaged, parameters)
        self.url = deployment.api_url
        self._deployment = deployment
        self._database_url = database_url
        self._describe()

    def trim_log(self) -> None:
        if self._localstack:
            self._localstack.trim_log()

    async def ended(self) -> None:
        """Returns when LocalStack has ended by itself."""
        if self._localstack:
            await self._localstack.ended()

    async def stop(self) -> None:
        remove_stack_file(self._settings.state)
        if self._localstack:
            await self._localstack.stop()
        if self._postgres:
            await self._postgres.stop()

    async def _start_postgres(self) -> str:
        self._postgres = Postgres(
            self._settings.state,
            log=lambda text: self._terminal.log("Postgres", text, level="WARNING"),
            on_restart=self._describe,
        )
        await self._postgres.start()
        return self._postgres.url

    def _own_parameters(self, database_url: str) -> dict[str, str]:
        programs = self._settings.state / "toolchain" / "bin"
        path = f"{programs}:{SYSTEM_PATH}" if programs.is_dir() else SYSTEM_PATH
        return {"Platform": "localstack", "DatabaseUrl": database_url, "SandboxPath": path}

    def _describe(self) -> None:
        if self._localstack is None or self._deployment is None:
            return  # it does not serve yet
        names = self._deployment.resources
        queues = ("ExecutionQueue", "ExecutionDeadLetterQueue")
        write_stack_file(
            self._settings.state,
            {
                "gateway_url": self._deployment.api_url,
                "aws_endpoint_url": self._localstack.endpoint_url,
                "queue_urls": {name: names[name] for name in queues},
                "functions": {name: physical for name, physical in names.items() if name.endswith("Function")},
                "database_url": self._database_url,
                "pids": {
                    "stack": os.getpid(),
                    "localstack": self._localstack.pid,
                    "postgres": self._postgres.pid if self._postgres else None,
                },
            },
        )
