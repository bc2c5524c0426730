"""Installs LocalStack, the SAM CLI and checkov, each in a virtual environment of its own.

They need versions of packages that the project has newer.
"""

import os
import shutil
import subprocess
from pathlib import Path

from livecode_bootstrap.layout import CHECKOV_LOCK, LOCALSTACK_LOCKS, PROJECT, SAM_LOCK, VENV_PYTHON
from livecode_bootstrap.packages import install_in_own_venv
from livecode_bootstrap.system import link
from livecode_embedded.errors import StackError
from livecode_embedded.state import open_state_folder


def install_localstack(state_path: Path) -> tuple[Path, Path]:
    """Installs LocalStack; returns its state folder, with the toolchain in it, and the python of its environment."""
    state = open_state_folder(state_path)
    own = _make_state_of_stack(state, "localstack")
    python, lock = _python_for_localstack()
    what = f"LocalStack {lock.stem.removeprefix('localstack-')} (about 340 MB)"
    return own, install_in_own_venv(what, venv=state / "localstack-venv", python=python, lock=lock)


def install_sam(state_path: Path) -> None:
    """Installs the SAM CLI, and makes the state folder of the service under `sam local`."""
    state = open_state_folder(state_path)
    _make_state_of_stack(state, "sam")
    _install_whole_lock("the SAM CLI", state / "sam-venv", SAM_LOCK)


def become_checkov(state_path: Path) -> None:
    """Replaces this process by checkov; .checkov.yaml says what it reads, and which findings are waived and why."""
    python = _install_whole_lock("checkov", open_state_folder(state_path) / "checkov-venv", CHECKOV_LOCK)
    os.chdir(PROJECT)
    os.execv(python, [str(python), "-m", "checkov.main", "--config-file", ".checkov.yaml"])


def _install_whole_lock(what: str, venv: Path, lock: Path) -> Path:
    # Such a lock is complete, and resolving it anew, older pips fail on boto3-stubs' extras.
    return install_in_own_venv(what, venv=venv, python=str(VENV_PYTHON), lock=lock, options=["--no-deps"])


def _make_state_of_stack(state: Path, name: str) -> Path:
    """Makes the folder in which a stack keeps its state, with a link to the toolchain that all stacks share."""
    own = state / name
    own.mkdir(mode=0o755, exist_ok=True)
    link(own / "toolchain", state / "toolchain")
    return own


def _python_for_localstack() -> tuple[str, Path]:
    """Finds the newest interpreter on the PATH that LocalStack runs on and that can make a venv; and its lock file."""
    for name, lock in LOCALSTACK_LOCKS.items():
        python = shutil.which(name)
        # A shim may stand for nothing, and Debian keeps ensurepip apart.
        if (
            python
            and subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False).returncode == 0
        ):
            return python, lock
    raise StackError("LocalStack needs python3.13, 3.12 or 3.11 with its venv module on the PATH; install one.")
