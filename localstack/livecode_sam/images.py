"""The images that `sam local` runs: the runner's, and Lambda's Python or, where no registry answers, a stand-in."""

import subprocess
from dataclasses import replace
from pathlib import Path

from livecode_docker.engine import DockerEngine
from livecode_docker.images import build_runner_image

_PYTHON_IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"  # what sam takes for Runtime python3.13 by itself
_PYTHON_STAND_IN = "livecode-sam-python:latest"
RUNNER_STAND_IN = "livecode-sam-runner:latest"
_FOLDER = Path(__file__).parent / "stand_ins"
_PULL_SECONDS = 300


def build_image_for_sam(engine: DockerEngine) -> None:
    """Builds the runner's image by Docker's own builder, as `sam build` does, which then finds every layer again."""
    build_runner_image(replace(engine, environment={**engine.environment, "DOCKER_BUILDKIT": "0"}))


def build_runner_stand_in(engine: DockerEngine) -> None:
    _build(engine, RUNNER_STAND_IN, "runner.Dockerfile")


def python_image(engine: DockerEngine) -> str | None:
    """Returns the image for zip functions if it cannot be AWS's own; None if it can. The runner's must be there."""
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
