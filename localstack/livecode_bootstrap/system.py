"""Runs processes, installs packages of the system, and makes links."""

import os
import shutil
import subprocess
from pathlib import Path

from livecode_embedded.errors import StackError


def run(command: list[str], failure: str, environment: dict[str, str] | None = None) -> None:
    """Runs a command in silence; raises StackError with the last line that it printed."""
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if process.returncode:
        lines = (process.stdout + process.stderr).strip().splitlines() or ["no reason given"]
        raise StackError(f"{failure}: {lines[-1]}")


def install_with_apt(package: str, *, why: str) -> None:
    """Installs a Debian package if we are root; raises StackError that names the package if it cannot."""
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        raise StackError(f"The package {package} is missing {why}; install it and start again.")
    announce(f"Installing {package} with apt")
    command = [apt, "install", "-y", "-qq", "--no-install-recommends", package]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    first = subprocess.run(command, env=environment, capture_output=True, check=False)
    if first.returncode:
        # The package lists may be missing or old.
        subprocess.run([apt, "update", "-qq"], env=environment, capture_output=True, check=False)
        run(command, f"apt cannot install {package}", environment)


def link(path: Path, target: Path) -> None:
    """Makes `path` a symbolic link to `target`, in the place of whatever it was."""
    if path.is_symlink() and path.readlink() == target:
        return
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def announce(step: str) -> None:
    """Prints a step that takes a while, before it begins."""
    print(step, flush=True)
