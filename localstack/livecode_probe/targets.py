"""Runners on this machine: the embedded stack's, and the built image under AWS's Lambda emulator.

A runner started for the probe alone gets a database and a queue that are not there, so that it can touch neither.
"""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Any

from livecode_docker.emulator import install_emulator
from livecode_docker.engine import docker_engine
from livecode_docker.images import PROJECT, build_runner_image
from livecode_docker.lambda_container import LambdaContainer
from livecode_embedded.errors import StackError
from livecode_embedded.functions import LambdaFunction
from livecode_embedded.intrinsics import REGION
from livecode_embedded.parameters import own_parameters, parse_parameters
from livecode_embedded.processes import adopt_orphans, kill_orphans
from livecode_embedded.specs import FunctionSpec
from livecode_embedded.state import StateLock
from livecode_embedded.template import Template
from livecode_probe.invoke import EVENT, probe_function, read_report

RUNNER = "RunnerFunction"
# Port 1 of loopback: connections are refused at once.
_NO_AWS = "http://127.0.0.1:1"
_NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"


def probe_embedded(state: Path) -> dict[str, Any]:
    """Probes the runner of the stack that runs on the state folder, or else one like it that is started for this."""
    try:
        with StateLock(state):
            pass
    except StackError:
        return probe_function(RUNNER, local_endpoint_url=_endpoint_of_running_stack(state))
    if not shutil.which("setpriv"):
        raise StackError("The program setpriv is missing; install the package util-linux.")
    return asyncio.run(_probe_new_environment(_runner(state, own_parameters(state, _NO_DATABASE))))


def probe_image(state: Path) -> dict[str, Any]:
    """Builds the image, if its code has changed, and starts it in a container like Lambda's."""
    spec = _runner(state, {"DatabaseUrl": _NO_DATABASE})
    with docker_engine(state) as engine:
        build_runner_image(engine)
        container = LambdaContainer(
            engine,
            install_emulator(state),
            variables={
                **spec.variables,
                "AWS_ENDPOINT_URL": _NO_AWS,
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
            },
            memory_mb=spec.memory_mb,
            timeout_seconds=spec.timeout_seconds,
        )
        try:
            return probe_function("function", local_endpoint_url=container.url)
        finally:
            container.close()


def _runner(state: Path, parameters: dict[str, str]) -> FunctionSpec:
    """Describes RunnerFunction as the template has it."""
    given = parse_parameters(os.environ.get("LIVECODE_PARAMETERS", ""))
    template = Template(PROJECT / "infra" / "template.yaml", cache_folder=state, parameters=given)
    return template.stack(endpoint_url=_NO_AWS, parameters=parameters).functions[RUNNER]


def _endpoint_of_running_stack(state: Path) -> str:
    try:
        return str(json.loads((state / "stack.json").read_text())["aws_endpoint_url"])
    except FileNotFoundError as error:
        raise StackError(f"The stack on {state} does not serve yet; try again when it does.") from error


async def _probe_new_environment(spec: FunctionSpec) -> dict[str, Any]:
    adopt_orphans()
    function = LambdaFunction(spec, endpoint_url=_NO_AWS, log=lambda _: None)
    try:
        result = await function.invoke(json.dumps(EVENT).encode())
    finally:
        await function.close()
        kill_orphans()
    return read_report(result.payload, failed=result.error)
