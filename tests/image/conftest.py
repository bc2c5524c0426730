"""Gives image tests the built image, and a service around a container of it: `service.run(language, source)`.

Where no Docker can be had the tests are skipped on a laptop and fail in CI, with one line that says what is missing.
"""

import os
import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
from moto.server import ThreadedMotoServer
from mypy_boto3_sqs import SQSClient
from sqlalchemy import Engine

from livecode_docker.emulator import install_emulator
from livecode_docker.engine import DockerEngine, docker_engine
from livecode_docker.images import PROJECT, build_runner_image
from livecode_docker.lambda_container import LambdaContainer
from livecode_embedded.errors import StackError
from livecode_embedded.intrinsics import REGION
from livecode_embedded.specs import FunctionSpec
from livecode_embedded.state import open_state_folder
from livecode_embedded.template import Template
from tests.image.service import Service
from tests.integration.conftest import engine_of, named, postgres_url, run_statements, template_database

__all__ = ["postgres_url", "template_database"]

SECRET = secrets.token_hex(16)  # in the environment of the emulator and of the runtime; programs must not find it
FIGURES = pytest.StashKey[list[str]]()
# Shorter than in production, so that a test of the limit does not take half a minute.
PARAMETERS = {"RunWallTimeSeconds": "8"}
COMPILE_WALL_TIME_SECONDS = "45"  # a machine that runs tests is a busy one

Start = Callable[..., Service]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[FIGURES]:
        terminalreporter.section("image")
        for figure in config.stash[FIGURES]:
            terminalreporter.line(figure)


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """Lines to report at the end: measured, not judged."""
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session")
def state() -> Path:
    return open_state_folder(Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode"))


@pytest.fixture(scope="session")
def docker(state: Path, figures: list[str]) -> Iterator[DockerEngine]:
    """An engine that has the image, built from this very code."""
    try:
        with docker_engine(state) as engine:
            started = time.monotonic()
            build_runner_image(engine)
            figures.append(f"built in {time.monotonic() - started:.0f} s (layers that were there are not built again)")
            yield engine
    except StackError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def emulator_program(state: Path) -> Path:
    return install_emulator(state)


@pytest.fixture(scope="session")
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    name = f"image_{uuid4().hex}"
    run_statements(postgres_url, f'CREATE DATABASE "{name}" TEMPLATE "{template_database}"')
    yield named(postgres_url, name)
    run_statements(postgres_url, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def engine(database_url: str) -> Iterator[Engine]:
    engine = engine_of(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def sqs() -> Iterator[SQSClient]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client(
        "sqs",
        endpoint_url=f"http://{host}:{port}",
        region_name=REGION,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    yield client
    client.close()
    server.stop()


@pytest.fixture(scope="session")
def runner_spec(tmp_path_factory: pytest.TempPathFactory, sqs: SQSClient, database_url: str) -> FunctionSpec:
    """RunnerFunction as the template has it, with this database."""
    path = PROJECT / "infra/template.yaml"
    template = Template(path, cache_folder=tmp_path_factory.mktemp("template"), parameters=PARAMETERS)
    stack = template.stack(endpoint_url=sqs.meta.endpoint_url, parameters={"DatabaseUrl": database_url})
    return stack.functions["RunnerFunction"]


@pytest.fixture(scope="session")
def new_service(
    docker: DockerEngine, emulator_program: Path, runner_spec: FunctionSpec, sqs: SQSClient, engine: Engine
) -> Start:
    """Starts a container with a queue of its own; variables override the template's."""

    def start(*, mounts: dict[Path, str] | None = None, options: list[str] | None = None, **variables: str) -> Service:
        queue_url = sqs.create_queue(QueueName=f"queue-{uuid4().hex}", Attributes={"VisibilityTimeout": "360"})
        container = LambdaContainer(
            docker,
            emulator_program,
            variables={
                **runner_spec.variables,
                "AWS_ENDPOINT_URL": sqs.meta.endpoint_url,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": SECRET,
                "EXECUTION_QUEUE_URL": queue_url["QueueUrl"],
                "COMPILE_WALL_TIME_SECONDS": COMPILE_WALL_TIME_SECONDS,
                **variables,
            },
            memory_mb=runner_spec.memory_mb,
            timeout_seconds=runner_spec.timeout_seconds,
            mounts=mounts or {},
            options=options or [],
        )
        return Service(container=container, engine=engine, sqs=sqs, queue_url=queue_url["QueueUrl"])

    return start


@pytest.fixture
def start(new_service: Start) -> Iterator[Start]:
    """A service of the test's own. Its container ends with it: RLIMIT_NPROC counts what all of them have as one uid."""
    started: list[Service] = []

    def start(**how: Any) -> Service:
        started.append(new_service(**how))
        return started[-1]

    yield start
    for service in started:
        service.container.close()


@pytest.fixture(scope="session")
def service(new_service: Start, figures: list[str]) -> Iterator[Service]:
    """A warm one, that most tests share."""
    service = new_service()
    listening = time.monotonic()
    service.run("python", "print(1)")
    answered = time.monotonic()
    figures.append(
        f"cold start: {(answered - service.container.started) * 1000:.0f} ms from `docker run` to the first answer, "
        f"{(answered - listening) * 1000:.0f} ms of it for init and the first run"
    )
    yield service
    service.container.close()
