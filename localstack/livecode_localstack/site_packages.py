"""The layer's third-party packages for Lambda's Python, whatever Python is here: wheels that pip fetches."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from livecode_local.errors import StackError

_LOCK = Path(__file__).parents[2] / "layers" / "runtimes" / "python" / "requirements.txt"
# python3.13 on Amazon Linux 2023, which has glibc 2.34.
_TARGET = [
    "--python-version=3.13", "--implementation=cp", "--only-binary=:all:",
    "--platform=manylinux_2_28_x86_64", "--platform=manylinux_2_17_x86_64", "--platform=manylinux2014_x86_64",
]  # fmt: skip


def third_party_packages(folder: Path) -> Path:
    """Fetches them into `folder` if the lock file has changed since; raises StackError."""
    stamp = folder / ".lock"
    wanted = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--require-hashes"]
    process = subprocess.run(
        [*command, *_TARGET, "--target", str(folder), "--requirement", str(_LOCK)],
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        lines = process.stderr.strip().splitlines() or ["no reason given"]
        raise StackError(f"The layer's packages cannot be fetched: {lines[-1]}")
    stamp.write_text(wanted)
    return folder
