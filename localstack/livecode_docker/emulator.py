"""AWS's Runtime Interface Emulator: one program out of the locked aws-sam-cli wheel."""

import platform
from pathlib import Path

import bootstrap

_PROGRAM = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}[platform.machine()]


def emulator(state: Path) -> Path:
    """Fetched once; kept in the state folder."""
    wheel = state / "toolchain" / "emulator"
    bootstrap.install_wheel("aws-sam-cli", wheel, lock=bootstrap.SAM_LOCK)
    program = wheel / "samcli" / "local" / "rapid" / _PROGRAM
    program.chmod(0o755)
    return program
