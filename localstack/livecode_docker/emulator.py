"""AWS's Runtime Interface Emulator: one program out of the locked aws-sam-cli wheel."""

import platform
from pathlib import Path

from livecode_bootstrap.layout import SAM_LOCK
from livecode_bootstrap.packages import install_wheel

_PROGRAM = {"x86_64": "aws-lambda-rie-x86_64", "aarch64": "aws-lambda-rie-arm64"}[platform.machine()]


def install_emulator(state: Path) -> Path:
    """Fetches the emulator once and keeps it in the state folder; returns its path."""
    wheel = state / "toolchain" / "emulator"
    install_wheel("aws-sam-cli", wheel, lock=SAM_LOCK)
    program = wheel / "samcli" / "local" / "rapid" / _PROGRAM
    program.chmod(0o755)
    return program
