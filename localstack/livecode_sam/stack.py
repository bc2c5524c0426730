"""What `sam local` leaves out, around it: Postgres, SQS, event source mappings and schedules.

How it works: `sam local start-api` and `sam local start-lambda` run the functions in containers. Postgres and SQS are
the embedded stack's, on loopback; relays on the containers' network lead to them. Messages and scheduled events go to
the functions through start-lambda's Invoke API.
"""

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from livecode_docker.images import PROJECT
from livecode_embedded.aws_endpoint import AwsEndpoint
from livecode_embedded.errors import StackError
from livecode_embedded.logs import FunctionLogs, Terminal
from livecode_embedded.mappings import EventSourceMapping
from livecode_embedded.ports import free_port
from livecode_embedded.postgres import Postgres
from livecode_embedded.schedules import Schedule
from livecode_embedded.specs import StackSpec
from livecode_embedded.sqs.queue import Queue
from livecode_embedded.sqs.store import MessageStore
from livecode_embedded.stack import MIGRATE_FUNCTION, error_text, make_queues
from livecode_embedded.state import remove_stack_file, write_stack_file
from livecode_embedded.template import Template
from livecode_sam.cli import BUILD_FOLDER, SamCli
from livecode_sam.function import SamFunction
from livecode_sam.network import DockerNetwork
from livecode_sam.process import SamProcess
from livecode_sam.relay import Relay
from livecode_sam.template import write_local_template, write_variables

_WARMING_CALLS = 5
TEMPLATE = PROJECT / "infra" / "template.yaml"


@dataclass(frozen=True, kw_only=True)
class SamSettings:
    """What a service under `sam local` is started with.

    `state` is a folder of our own; `python_image` stands in for Lambda's where that cannot be had.
    """

    state: Path
    port: int
    sam: SamCli
    network: DockerNetwork
    python_image: str | None
    parameters: Mapping[str, str] = field(default_factory=dict)


class SamStack:
    def __init__(self, settings: SamSettings, *, terminal: Terminal) -> None:
        self._settings = settings
        self._terminal = terminal
        self._running = contextlib.AsyncExitStack()
        self._logs = FunctionLogs(settings.state / "logs", terminal=terminal)
        self._running.callback(self._logs.close)
        self._processes: list[SamProcess] = []
        self._describe: Callable[[], None] = lambda: None  # it serves only at the end of `start`

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._settings.port}"

    async def start(self) -> None:
        """Starts everything and serves; raises StackError. What has been started by then, `stop` ends."""
        settings, running = self._settings, self._running
        template = await asyncio.to_thread(
            Template, TEMPLATE, cache_folder=settings.state, parameters=settings.parameters
        )
        postgres = Postgres(
            settings.state,
            log=lambda text: self._terminal.log("Postgres", text, level="WARNING"),
            on_restart=lambda: self._describe(),
        )
        running.push_async_callback(postgres.stop)
        await postgres.start()
        endpoint = AwsEndpoint()
        running.push_async_callback(endpoint.close)
        await endpoint.start()
        aws_url = await self._relayed(endpoint.url)
        spec = template.stack(endpoint_url=aws_url, parameters={"DatabaseUrl": await self._relayed(postgres.url)})
        arguments = self._arguments(spec, aws_url)
        lambda_url = await self._start("start-lambda", arguments, port=free_port())
        session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None))
        await running.enter_async_context(session)
        functions = {name: SamFunction(name, url=lambda_url, session=session) for name in spec.functions}
        for function in functions.values():
            running.push_async_callback(function.close)
        store = MessageStore(settings.state / "queues.sqlite")
        running.callback(store.close)
        queues = make_queues(spec, store)
        endpoint.serve(functions=functions, queues=queues)
        migrated = await functions[MIGRATE_FUNCTION].invoke(b"{}")
        if migrated.error:
            raise StackError(f"{MIGRATE_FUNCTION} failed: {error_text(migrated.payload)}")
        await self._start("start-api", arguments, port=settings.port)
        await self._warm(session)
        sources: list[EventSourceMapping | Schedule] = [
            *(
                EventSourceMapping(row, queue=queues[row.queue], function=functions[row.function], warn=self._warn)
                for row in spec.mappings
            ),
            *(Schedule(row, function=functions[row.function]) for row in spec.schedules),
        ]
        for source in sources:
            running.push_async_callback(source.close)
            source.start()
        running.callback(remove_stack_file, settings.state)
        self._describe = lambda: write_stack_file(settings.state, self._description(endpoint, queues, spec, postgres))
        self._describe()

    def _description(
        self, endpoint: AwsEndpoint, queues: Mapping[str, Queue], spec: StackSpec, postgres: Postgres
    ) -> dict[str, Any]:
        return {
            "gateway_url": self.url,
            "aws_endpoint_url": endpoint.url,
            "queue_urls": {name: endpoint.queue_url(name) for name in queues},
            "database_url": postgres.url,
            "docker_host": self._settings.sam.environment.get("DOCKER_HOST"),
            "invoke_images": self._invoke_images(spec),
            "pids": {"stack": os.getpid(), "postgres": postgres.pid, "sam": [each.pid for each in self._processes]},
        }

    def _warn(self, text: str) -> None:
        self._terminal.log("Stack", text, level="WARNING")

    async def serve(self) -> None:
        """Serves until one of the processes ends, which raises StackError."""
        await asyncio.gather(*(process.ended() for process in self._processes))

    async def stop(self) -> None:
        """Ends everything, what was started last first."""
        await self._running.aclose()

    async def _start(self, command: str, arguments: list[str], *, port: int) -> str:
        """Starts a `sam local` command; its URL."""
        process = SamProcess(
            self._settings.sam, ["local", command, *arguments], port=port, log=self._logs.sink(f"sam-{command}")
        )
        self._running.push_async_callback(process.stop)
        await process.start()
        self._processes.append(process)
        return f"http://127.0.0.1:{port}"

    async def _warm(self, session: aiohttp.ClientSession) -> None:
        """Starts the API's container. To sam a cold start is part of the call, which may take too long by it."""
        for _ in range(_WARMING_CALLS):
            async with session.get(f"{self.url}/health") as answer:
                if answer.status == 200:
                    return
        raise StackError(f"ApiFunction does not answer; {self._settings.state}/logs/sam-start-api.log says why.")

    def _arguments(self, spec: StackSpec, aws_url: str) -> list[str]:
        """Returns the arguments of both `sam local` commands."""
        settings = self._settings
        variables_file = settings.state / "variables.json"
        write_variables(
            variables_file,
            {name: {**function.variables, "AWS_ENDPOINT_URL": aws_url} for name, function in spec.functions.items()},
        )
        template = write_local_template(BUILD_FOLDER / "template.yaml")
        arguments = ["--template", str(template), "--env-vars", str(variables_file)]
        arguments += ["--docker-network", settings.network.name, "--container-host", "127.0.0.1"]
        arguments += ["--layer-cache-basedir", str(settings.state / "layers"), "--skip-pull-image"]
        arguments += ["--warm-containers", "LAZY", "--no-watch"]
        return [*arguments, *self._invoke_images(spec)]

    def _invoke_images(self, spec: StackSpec) -> list[str]:
        image = self._settings.python_image
        zips = [function.name for function in spec.functions.values() if function.runtime]
        return [word for name in zips for word in ("--invoke-image", f"{name}={image}")] if image else []

    async def _relayed(self, url: str) -> str:
        """Returns the URL by which containers reach a port of this machine."""
        port, network = urlsplit(url).port, self._settings.network
        assert port is not None
        relay = Relay(gateway=network.gateway, network=network.addresses, port=port)
        self._running.push_async_callback(relay.close)
        return url.replace(f"127.0.0.1:{port}", f"{network.gateway}:{await relay.start()}")
