"""Virtual environments of tools that want other packages than the project: made once, anew when a lock changes."""

import subprocess
import sys
from pathlib import Path

import pytest

from livecode_bootstrap.packages import install_in_own_venv
from livecode_embedded.errors import StackError


def test_makes_an_environment_once_and_anew_when_its_lock_changes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock, venv = tmp_path / "lock.txt", tmp_path / "venv"

    def install() -> Path:
        return install_in_own_venv("a tool", venv=venv, python=sys.executable, lock=lock)

    lock.write_text("# nothing\n")
    python = install()
    prefix = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)
    assert Path(prefix.stdout.strip()) == venv
    (venv / "kept").touch()
    install()
    assert (venv / "kept").exists()
    lock.write_text("# still nothing\n")
    install()
    assert not (venv / "kept").exists()
    assert capsys.readouterr().out == "Installing a tool\n" * 2


def test_says_in_one_line_what_cannot_be_installed(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text("no-such-package-of-ours==1.0 --hash=sha256:" + "0" * 64 + "\n")
    with pytest.raises(StackError, match=r"^pip fails: .+$"):
        install_in_own_venv("a tool", venv=tmp_path / "venv", python=sys.executable, lock=lock, options=["--no-index"])
    assert not (tmp_path / "venv" / "installed-lock").exists()


def test_says_which_python_makes_no_environment(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.touch()
    with pytest.raises(StackError, match=r"^/bin/false cannot make a venv for a tool: no reason given$"):
        install_in_own_venv("a tool", venv=tmp_path / "venv", python="/bin/false", lock=lock)
