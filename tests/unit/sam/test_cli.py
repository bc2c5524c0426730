"""What is said when the SAM CLI, or what it needs, is missing."""

from pathlib import Path

import pytest

from livecode_embedded.errors import StackError
from livecode_sam.cli import SamCli, ensure_layer_python

ENVIRONMENT = {"DOCKER_HOST": "unix:///there", "AWS_SECRET_ACCESS_KEY": "secret"}


def program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_a_missing_sam_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StackError, match=r"^The SAM CLI is not installed; python3 localstack/bootstrap\.py sam-setup"):
        SamCli(tmp_path, ENVIRONMENT)


def test_its_commands_reach_the_engine_without_credentials(tmp_path: Path) -> None:
    program(tmp_path / "sam-venv/bin/sam", '[ "$1 $DOCKER_HOST$AWS_SECRET_ACCESS_KEY" = "list unix:///there" ]')
    assert SamCli(tmp_path, ENVIRONMENT).run("list") == 0


def test_a_build_that_fails_is_the_line_with_the_reason(tmp_path: Path) -> None:
    program(
        tmp_path / "sam-venv/bin/sam",
        "echo 'Building layer'; echo 'Error: PythonPipBuilder:ResolveDependencies - no such package' >&2;"
        " echo 'Hint: read the manual' >&2; exit 1",
    )
    with pytest.raises(StackError) as raised:
        SamCli(tmp_path, ENVIRONMENT).build()
    assert str(raised.value) == "sam build fails: Error: PythonPipBuilder:ResolveDependencies - no such package"


@pytest.mark.parametrize("shim", [None, "echo 'no such version' >&2; exit 127"], ids=["missing", "a shim for nothing"])
def test_the_layers_python_must_be_on_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shim: str | None
) -> None:
    if shim:
        program(tmp_path / "python3.13", shim)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StackError, match=r"needs python3\.13 on the PATH"):
        ensure_layer_python()


def test_a_python_that_runs_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "python3.13", "echo Python 3.13.0")
    monkeypatch.setenv("PATH", str(tmp_path))
    ensure_layer_python()
