"""AWS's Runtime Interface Emulator: one program out of the locked aws-sam-cli wheel."""

import platform
import shutil
from pathlib import Path

import bootstrap

LOCK = Path(__file__).with_name("requirements.txt")
_PROGRAM = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}[platform.machine()]


def emulator(state: Path) -> Path:
    """Fetched once; kept in the state folder."""
    program = state / "toolchain" / "emulator" / _PROGRAM
    stamp = program.with_name(f"{bootstrap.digest(LOCK)}.lock")
    if stamp.exists():
        return program
    shutil.rmtree(program.parent, ignore_errors=True)
    wheel = program.parent / "wheel"
    bootstrap.pip(["--no-deps", "--only-binary", ":all:", "--target", str(wheel), "--requirement", str(LOCK)])
    shutil.copyfile(wheel / "samcli/local/rapid" / _PROGRAM, program)
    program.chmod(0o755)
    shutil.rmtree(wheel)
    stamp.touch()
    return program
