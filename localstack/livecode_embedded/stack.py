"""The whole stack: wires what the template describes, starts it in order, and ends it."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from livecode_embedded.aws_endpoint import AwsEndpoint
from livecode_embedded.descriptors import maximum_connections
from livecode_embedded.environment import EnvironmentFailed
from livecode_embedded.errors import StackError
from livecode_embedded.functions import LambdaFunction
from livecode_embedded.gateway.server import Gateway
from livecode_embedded.logs import FunctionLogs, Terminal
from livecode_embedded.mappings import EventSourceMapping
from livecode_embedded.parameters import own_parameters
from livecode_embedded.ports import check_port
from livecode_embedded.postgres import Postgres
from livecode_embedded.reload import watch
from livecode_embedded.schedules import Schedule
from livecode_embedded.specs import StackSpec
from livecode_embedded.sqs.queue import Queue
from livecode_embedded.sqs.store import MessageStore
from livecode_embedded.state import remove_stack_file, write_stack_file
from livecode_embedded.template import Template

# The one function that is called by its name: once at each start, as a deployment does on AWS.
MIGRATE_FUNCTION = "MigrateFunction"
_HOUSEKEEPING_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    """What a stack is started with.

    `state` is the real state folder; `parameters` are the user's values for the template's parameters.
    """

    template: Path
    state: Path
    port: int
    database_url: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)


class Stack:
    def __init__(self, settings: StackSettings, *, terminal: Terminal) -> None:
        self._settings = settings
        self._terminal = terminal
        self._endpoint = AwsEndpoint()
        self._postgres: Postgres | None = None
        self._store: MessageStore | None = None
        self._logs: FunctionLogs | None = None
        self.functions: dict[str, LambdaFunction] = {}
        self._queues: dict[str, Queue] = {}
        self._mappings: list[EventSourceMapping] = []
        self._schedules: list[Schedule] = []
        self._gateway: Gateway | None = None
        self._upkeep: list[asyncio.Task[None]] = []
        self._migrating: asyncio.Task[None] | None = None
        self._database_url = settings.database_url
        self._serving = False

    @property
    def url(self) -> str:
        return self._gateway.url if self._gateway else ""

    async def start(self) -> None:
        """Starts everything and serves; raises StackError. What has been started by then, `stop` ends."""
        settings = self._settings
        check_port(settings.port, setting="LIVECODE_PORT")
        template = await asyncio.to_thread(
            Template, settings.template, cache_folder=settings.state, parameters=settings.parameters
        )
        if not self._database_url and template.declares("DatabaseUrl") and "DatabaseUrl" not in settings.parameters:
            self._postgres = Postgres(
                settings.state,
                log=lambda text: self._terminal.log("Postgres", text, level="WARNING"),
                on_restart=self._describe,
            )
            await self._postgres.start()
            self._database_url = self._postgres.url
        await self._endpoint.start()
        spec = template.stack(
            endpoint_url=self._endpoint.url, parameters=own_parameters(settings.state, self._database_url or "")
        )
        self._build(spec)
        await self._migrate()
        await self._warm(spec)
        loop = asyncio.get_running_loop()
        for mapping in self._mappings:
            mapping.start()
        for schedule in self._schedules:
            schedule.start()
        self._upkeep = [loop.create_task(watch(spec.code_roots, self._reload)), loop.create_task(self._retire())]
        if self._gateway:
            await self._gateway.start(settings.port)
        self._serving = True
        self._describe()

    async def stop(self) -> None:
        """Ends everything, the callers first."""
        remove_stack_file(self._settings.state)
        self._serving = False
        for task in [*self._upkeep, *([self._migrating] if self._migrating else [])]:
            task.cancel()
        if self._gateway:
            await self._gateway.close()
        await asyncio.gather(*(mapping.close() for mapping in self._mappings))
        await asyncio.gather(*(schedule.close() for schedule in self._schedules))
        await asyncio.gather(*(function.close() for function in self.functions.values()))
        await self._endpoint.close()
        if self._postgres:
            await self._postgres.stop()
        if self._store:
            self._store.close()
        if self._logs:
            self._logs.close()

    def _build(self, spec: StackSpec) -> None:
        state = self._settings.state
        self._logs = FunctionLogs(state / "logs", terminal=self._terminal)
        self._store = MessageStore(state / "queues.sqlite")
        self._queues = make_queues(spec, self._store)
        for name, function in spec.functions.items():
            self.functions[name] = LambdaFunction(
                function, endpoint_url=self._endpoint.url, log=self._logs.sink(name), on_change=self._describe
            )
        self._endpoint.serve(functions=self.functions, queues=self._queues)
        for mapping in spec.mappings:
            queue, consumer = self._queues[mapping.queue], self.functions[mapping.function]
            self._mappings.append(EventSourceMapping(mapping, queue=queue, function=consumer, warn=self._warn))
        self._schedules = [Schedule(row, function=self.functions[row.function]) for row in spec.schedules]
        if spec.api:
            self._gateway = Gateway(
                spec.api,
                functions=self.functions,
                log=lambda line: self._terminal.log("HTTP", line),
                maximum_connections=maximum_connections(),
            )

    def _warn(self, text: str) -> None:
        self._terminal.log("Stack", text, level="WARNING")

    async def _migrate(self) -> None:
        function = self.functions.get(MIGRATE_FUNCTION)
        if function is None:
            return
        result = await function.invoke(b"{}")
        function.retire_idle()
        if result.error:
            raise StackError(f"{MIGRATE_FUNCTION} failed: {error_text(result.payload)}")

    async def _warm(self, spec: StackSpec) -> None:
        """Starts one environment of each function that a client waits for: behind the API or behind a first queue."""
        dead_letter_queues = {row.dead_letter_queue for row in spec.queues.values()}
        names = {mapping.function for mapping in spec.mappings if mapping.queue not in dead_letter_queues}
        names |= self._gateway.function_names if self._gateway else set()
        try:
            await asyncio.gather(*(self.functions[name].warm() for name in names))
        except EnvironmentFailed as error:
            raise StackError(f"A function does not start: {error_text(error.payload)}") from error

    def _reload(self) -> None:
        self._terminal.log("Stack", "code has changed; the next invocations run it")
        for function in self.functions.values():
            function.retire_idle()
        self._migrating = asyncio.get_running_loop().create_task(self._migrate_again())

    async def _migrate_again(self) -> None:
        """Migrates once more, since new code may want new tables."""
        try:
            await self._migrate()
        except StackError as error:
            self._terminal.log("Stack", str(error))

    async def _retire(self) -> None:
        while True:
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)
            for function in self.functions.values():
                function.retire_unused()

    def _describe(self) -> None:
        """Keeps stack.json true: where everything is, and which processes there are."""
        if not self._serving:
            return
        description: dict[str, Any] = {
            "gateway_url": self.url,
            "aws_endpoint_url": self._endpoint.url,
            "queue_urls": {name: self._endpoint.queue_url(name) for name in self._queues},
            "database_url": self._database_url,
            "pids": {
                "stack": os.getpid(),
                "postgres": self._postgres.pid if self._postgres else None,
                "functions": {name: function.pids for name, function in self.functions.items()},
            },
        }
        write_stack_file(self._settings.state, description)


def make_queues(spec: StackSpec, store: MessageStore) -> dict[str, Queue]:
    queues: dict[str, Queue] = {}
    dead_letter_queues = {row.dead_letter_queue for row in spec.queues.values()}
    # Dead-letter queues first, since the others hold them.
    for row in sorted(spec.queues.values(), key=lambda row: row.name not in dead_letter_queues):
        dead_letters = queues.get(row.dead_letter_queue) if row.dead_letter_queue else None
        queues[row.name] = Queue(row, store, dead_letters=dead_letters)
    return queues


def error_text(payload: bytes) -> str:
    try:
        error = json.loads(payload)
        return f"{error.get('errorType')}: {error.get('errorMessage')}"
    except (ValueError, AttributeError):
        return payload.decode(errors="replace")
