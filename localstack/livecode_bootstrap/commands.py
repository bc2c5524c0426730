"""The commands of bootstrap.py: what each prepares, and the program that it then becomes."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from livecode_bootstrap.layout import PROJECT, STACK_LOCK, TESTS_LOCK, VENV_PYTHON
from livecode_bootstrap.packages import install_packages, make_venv
from livecode_bootstrap.stacks import become_checkov, install_localstack, install_sam
from livecode_bootstrap.toolchain import prepare_toolchain
from livecode_embedded.command_line import run_command
from livecode_embedded.state import open_state_folder, remove_state_folder


def main(arguments: list[str]) -> int:
    """Runs one command; returns the exit status unless it has become another program."""
    name, *rest = arguments or [""]
    command = COMMANDS.get(name)
    if command is None:
        print(f"usage: bootstrap.py {' | '.join(COMMANDS)}", file=sys.stderr)
        return 2
    # Programs run under another uid, and read node and Python's links from here.
    os.umask(0o022)
    state_path = Path(os.environ.get("LIVECODE_STATE_DIR") or PROJECT / ".livecode")
    return run_command(lambda: command(state_path, rest))


def _set_up(state_path: Path, _: list[str]) -> None:
    _prepare(state_path, [STACK_LOCK, TESTS_LOCK])


def _start(state_path: Path, arguments: list[str]) -> None:
    _prepare(state_path)
    _become("livecode_embedded", "up", *arguments)


def _set_up_localstack(state_path: Path, _: list[str]) -> None:
    _prepare(state_path)
    install_localstack(state_path)


def _start_localstack(state_path: Path, _: list[str]) -> None:
    _prepare(state_path)
    own_state, python = install_localstack(state_path)
    _become("livecode_localstack", "up", "--state-dir", str(own_state), "--python", str(python))


def _with_packages_alone(module: str, *fixed: str) -> Callable[[Path, list[str]], None]:
    """Makes a command that needs the packages alone: it runs nothing on this machine but its own module."""

    def command(_: Path, arguments: list[str]) -> None:
        make_venv()
        install_packages([STACK_LOCK])
        _become(module, *fixed, *arguments)

    return command


def _set_up_sam(state_path: Path, _: list[str]) -> None:
    _prepare(state_path)
    install_sam(state_path)


def _with_sam(*fixed: str) -> Callable[[Path, list[str]], None]:
    def command(state_path: Path, arguments: list[str]) -> None:
        _set_up_sam(state_path, arguments)
        _become("livecode_sam", *fixed, *arguments)

    return command


def _probe(state_path: Path, arguments: list[str]) -> None:
    if "function" in arguments:  # one on AWS
        _with_packages_alone("livecode_probe")(state_path, arguments)
    _prepare(state_path)
    _become("livecode_probe", *arguments)


def _check_template(state_path: Path, _: list[str]) -> None:
    make_venv()
    become_checkov(state_path)


def _remove_state(state_path: Path, _: list[str]) -> None:
    remove_state_folder(state_path)


COMMANDS: dict[str, Callable[[Path, list[str]], None]] = {
    "up": _start,
    "setup": _set_up,
    "probe": _probe,
    "checkov": _check_template,
    "clean": _remove_state,
    "localstack": _start_localstack,
    "localstack-setup": _set_up_localstack,
    "localstack-deploy": _with_packages_alone("livecode_localstack", "deploy"),
    "localstack-up": _with_packages_alone("livecode_localstack", "containers-up"),
    "localstack-down": _with_packages_alone("livecode_localstack", "containers-down"),
    "sam": _with_sam("run"),
    "sam-setup": _set_up_sam,
    "sam-local": _with_sam("up"),
}


def _prepare(state_path: Path, locks: list[Path] | None = None) -> None:
    """Prepares everything that the embedded stack needs; takes some milliseconds when it is there already."""
    make_venv()
    install_packages(locks or [STACK_LOCK])
    prepare_toolchain(open_state_folder(state_path) / "toolchain")


def _become(module: str, *arguments: str) -> None:
    """Replaces this process by one of our modules, run by .venv's python."""
    paths = [PROJECT / "localstack", PROJECT / "layers" / "runtimes" / "python"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    os.execve(VENV_PYTHON, [str(VENV_PYTHON), "-m", module, *arguments], environment)
