"""The launcher builds for arm64 too, and the filters' numbers are those of both architectures' kernel headers."""

import os
import re
import shutil
import subprocess

import pytest

from livecode_runner.sandbox.kernel.syscalls import SYSCALLS
from tests.sandbox.conftest import SANDBOX

COMPILERS = {"x86_64": "x86_64-linux-gnu-gcc", "aarch64": "aarch64-linux-gnu-gcc"}
ELF_MACHINE_AARCH64 = 183


def compiler(architecture: str) -> str:
    found = shutil.which(COMPILERS[architecture])
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{COMPILERS[architecture]} is not installed")
    assert found, f"{COMPILERS[architecture]} is not installed"
    return found


def syscalls_of(architecture: str) -> dict[str, int]:
    """What asm/unistd.h defines. 64-bit names of generic numbers stand behind one more definition."""
    command = [compiler(architecture), "-E", "-dM", "-include", "asm/unistd.h", "-x", "c", "/dev/null"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    defined: dict[str, str] = dict(re.findall(r"#define (__NR\w+) (\w+)", text))
    values = {name: defined.get(value, value) for name, value in defined.items()}
    return {name.removeprefix("__NR_"): int(value) for name, value in values.items() if value.isdigit()}


@pytest.mark.parametrize(("column", "architecture"), list(enumerate(COMPILERS)))
def test_numbers_are_the_kernels(column, architecture):
    known = syscalls_of(architecture)
    assert {name: numbers[column] for name, numbers in SYSCALLS.items()} == {name: known.get(name) for name in SYSCALLS}


def test_launcher_builds_without_a_warning(tmp_path):
    build = tmp_path / "build"
    cross = f"CROSS={compiler('aarch64')}"
    made = subprocess.run(
        ["make", "-C", str(SANDBOX), "arm64", cross, f"BUILD={build}"], capture_output=True, text=True, check=False
    )
    assert (made.returncode, made.stderr) == (0, ""), made.stderr
    header = (build / "arm64/launcher").read_bytes()[:20]
    assert header[:4] == b"\x7fELF"
    assert int.from_bytes(header[18:20], "little") == ELF_MACHINE_AARCH64
