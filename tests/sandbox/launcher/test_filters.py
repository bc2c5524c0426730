"""A filter that cannot be read, or that is none, refuses to run anything; parsers stand random input."""

import os
import shutil
import struct
import subprocess

import pytest

from livecode_runner.sandbox import SandboxFailed
from livecode_runner.sandbox.starting.spawn import spawn
from tests.sandbox.conftest import SANDBOX
from tests.sandbox.launcher.conftest import BUILD

SHIPPED = BUILD / "filter-own_uid.bpf"
RETURN_ALLOW = struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000)


@pytest.mark.parametrize(
    ("blob", "step"),
    [
        pytest.param(lambda: b"", "filter", id="empty"),
        pytest.param(lambda: b"\0", "filter", id="one byte"),
        pytest.param(lambda: SHIPPED.read_bytes()[:-1], "filter", id="cut inside an instruction"),
        pytest.param(lambda: SHIPPED.read_bytes()[:-8], "seccomp", id="cut between instructions"),
        pytest.param(lambda: bytes(8 * 100), "seccomp", id="zeros"),
        pytest.param(lambda: b"\xff" * 8 * 100, "seccomp", id="garbage"),
        pytest.param(lambda: RETURN_ALLOW * 4096, "filter", id="too many instructions"),
        pytest.param(lambda: RETURN_ALLOW * 100_000, "filter", id="a huge file"),
        pytest.param(lambda: struct.pack("<HBBI", 0x15, 255, 255, 0x4C430001), "seccomp", id="a jump out of it"),
    ],
)
def test_refuses_a_filter(launch, tmp_path, blob, step):
    path = tmp_path / "filter"
    path.write_bytes(blob())
    with pytest.raises(SandboxFailed, match=f"{step}: Invalid argument"):
        launch(f"filter={path}", "--", "/bin/true")


def test_refuses_a_filter_that_is_not_there(launch, tmp_path):
    with pytest.raises(SandboxFailed, match="filter: No such file"):
        launch(f"filter={tmp_path}/none", "--", "/bin/true")


def test_refuses_a_folder_for_a_filter(launch, tmp_path):
    with pytest.raises(SandboxFailed, match="filter: Is a directory"):
        launch(f"filter={tmp_path}", "--", "/bin/true")


def test_loads_the_shipped_filters(launch):
    for path in (BUILD / "filter-own_uid.bpf", BUILD / "filter-shared_uid.bpf"):
        assert launch(f"filter={path}", "--", "/bin/echo", "ran") == b"ran\n"


@pytest.mark.parametrize("seed", [1, 2])
def test_parsers_stand_random_input(checked, seed):
    done = subprocess.run([checked / "fuzz", str(seed), "100000"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "100000 inputs\n"), done.stderr


@pytest.mark.skipif(not shutil.which("clang") and not os.environ.get("CI"), reason="clang is not installed")
def test_parsers_stand_libfuzzer(built_sandbox):
    """A hundred thousand inputs that libFuzzer chose, from seeds that reach every line of the parsers."""
    command = ["make", "-s", "-C", str(SANDBOX), "fuzz", "COUNT=100000"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "number_of_executed_units: 100000" in done.stderr


@pytest.mark.skipif(not shutil.which("clang") and not os.environ.get("CI"), reason="clang is not installed")
def test_the_launcher_builds_by_another_compiler(tmp_path, built_sandbox):
    command = ["make", "-s", "-C", str(SANDBOX), "CC=clang", f"BUILD={tmp_path}", f"{tmp_path}/launcher"]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (made.returncode, made.stderr) == (0, "")
    program = spawn(f"{tmp_path}/launcher", [f"filter={SHIPPED}", "--", "/bin/true"], {})
    try:
        assert os.waitpid(program.pid, 0)[1] == 0
    finally:
        program.close()


def test_the_launcher_has_no_libc_and_so_no_allocation(built_sandbox):
    """Nothing is linked from elsewhere: its functions are those of its sources, and none is left to a loader."""
    launcher = str(BUILD / "launcher")
    symbols = subprocess.run(["nm", launcher], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in symbols.splitlines()}
    assert "parse_options" in names
    assert not names & {"malloc", "calloc", "realloc", "mmap", "brk", "sbrk", "printf", "__libc_start_main"}
    headers = subprocess.run(["readelf", "-lW", launcher], capture_output=True, text=True, check=True).stdout
    assert "INTERP" not in headers
    assert "DYNAMIC" not in headers
