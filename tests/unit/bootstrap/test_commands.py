"""The commands of the stacks: what is asked wrongly is answered with how it is asked rightly."""

import pytest

import livecode_docker.__main__
import livecode_sam.__main__
from livecode_bootstrap.commands import COMMANDS, main
from livecode_embedded.command_line import run_command
from livecode_embedded.errors import StackError


def stop() -> int:
    raise KeyboardInterrupt


def fail() -> int:
    raise StackError("Something is missing; install it.")


def test_a_command_ends_by_its_own_status_or_by_what_stopped_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert [run_command(command) for command in (lambda: None, lambda: 3, stop, fail)] == [0, 3, 130, 1]
    assert capsys.readouterr().err == "Something is missing; install it.\n"


@pytest.mark.parametrize("arguments", [[], ["nonsense"]])
def test_the_bootstrap_lists_its_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().err == f"usage: bootstrap.py {' | '.join(COMMANDS)}\n"


@pytest.mark.parametrize("module", [livecode_docker.__main__, livecode_sam.__main__])
def test_a_stack_s_command_says_how_it_is_used(
    module: object, tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LIVECODE_STATE_DIR", str(tmp_path))
    assert module.main(["nonsense"]) == 2  # type: ignore[attr-defined]
    assert module.__doc__ is not None
    assert capsys.readouterr().err.strip() == module.__doc__.strip()
