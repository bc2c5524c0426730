"""The SAM CLI, pinned, in a venv of its own: what it wants of other packages would suit nobody else."""

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from livecode_docker.images import PROJECT
from livecode_embedded.errors import StackError

BUILD_FOLDER = PROJECT / ".aws-sam" / "build"
_LAYER_PYTHON = "python3.13"  # BuildMethod of the template's layer
# Real credentials have no business here, and made-up ones cost each command some seconds of waiting for AWS.
_NOT_PASSED_ON = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"}


class SamCli:
    def __init__(self, state: Path, environment: Mapping[str, str]) -> None:
        """Finds the SAM CLI; `environment` is how Docker is reached. Raises StackError where it is not installed."""
        self.command = str(state / "sam-venv" / "bin" / "sam")
        if not Path(self.command).exists():
            raise StackError("The SAM CLI is not installed; python3 localstack/bootstrap.py sam-setup installs it.")
        kept = {name: value for name, value in environment.items() if name not in _NOT_PASSED_ON}
        self.environment = {**kept, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-east-1"}

    def run(self, *arguments: str) -> int:
        """Runs one command in the project's folder, where samconfig.toml is; its exit status."""
        return subprocess.run([self.command, *arguments], cwd=PROJECT, env=self.environment, check=False).returncode

    def build(self) -> None:
        """Runs `sam build` in silence. Raises StackError with the line that tells what is wrong."""
        done = subprocess.run(
            [self.command, "build"], cwd=PROJECT, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            lines = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
            reason = next((line for line in lines if line.startswith("Error:")), lines[-1])
            raise StackError(f"sam build fails: {reason}")


def ensure_layer_python() -> None:
    """Raises StackError where there is none."""
    # Running it, because a version manager's shim is there even if the Python behind it is not.
    found = shutil.which(_LAYER_PYTHON)
    if not found or subprocess.run([found, "--version"], capture_output=True, check=False).returncode:
        raise StackError(f"sam build needs {_LAYER_PYTHON} on the PATH, for the layer; install it and start again.")
