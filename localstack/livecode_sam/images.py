"""The images that `sam local` runs: the runner's, and Lambda's Python or, where no registry answers, a stand-in."""

import subprocess
from pathlib import Path

from livecode_docker.engine import DockerEngine
from livecode_docker.images import PROJECT, RUNNER_IMAGE, see_to_base
from livecode_local.errors import StackError
from livecode_sam.cli import SamCli

_PYTHON_IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"  # what sam takes for Runtime python3.13 by itself
_PYTHON_STAND_IN = "livecode-sam-python:latest"
RUNNER_STAND_IN = "livecode-sam-runner:latest"
_FOLDER = Path(__file__).parent / "stand_ins"
_PULL_SECONDS = 300
# By the library that `sam build` uses: the engine's cache tells its build contexts from those of docker's own client.
# The host's network, for engines whose builds have no other.
_BUILD = """
import docker, sys
docker.from_env(timeout=1800).images.build(
    path=sys.argv[1], dockerfile="functions/runner/Dockerfile", tag=sys.argv[2],
    platform="linux/amd64", buildargs={}, rm=True, network_mode="host",
)
"""


def build_runner_image(engine: DockerEngine, sam: SamCli) -> None:
    """Builds the image where `sam build` finds every layer again. Raises StackError with Docker's last line."""
    see_to_base(engine)
    done = subprocess.run(
        [sam.python, "-c", _BUILD, str(PROJECT), RUNNER_IMAGE],
        env=sam.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StackError(f"The runner's image cannot be built: {done.stderr.strip().splitlines()[-1]}")


def build_runner_stand_in(engine: DockerEngine) -> None:
    _build(engine, RUNNER_STAND_IN, "runner.Dockerfile")


def python_image(engine: DockerEngine) -> str | None:
    """The image for zip functions if it cannot be AWS's own; None if it can. The runner's image must be there."""
    if engine.docker("image", "inspect", _PYTHON_IMAGE, check=False).returncode == 0:
        return None
    try:
        if engine.docker("pull", "--quiet", _PYTHON_IMAGE, check=False, timeout=_PULL_SECONDS).returncode == 0:
            return None
    except subprocess.TimeoutExpired:
        pass  # as good as no registry
    print(f"{_PYTHON_IMAGE} cannot be pulled; a stand-in is made from the runner's image", flush=True)
    _build(engine, _PYTHON_STAND_IN, "python.Dockerfile")
    return _PYTHON_STAND_IN


def _build(engine: DockerEngine, tag: str, dockerfile: str) -> None:
    engine.docker("build", "--tag", tag, "--file", str(_FOLDER / dockerfile), str(_FOLDER))
