"""The state folder (.livecode): where it really lies, who holds it, and what it says of the running stack.

Standard library only: the bootstrap uses it before anything is installed.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from livecode_embedded.errors import StackError


def open_state_folder(path: Path) -> Path:
    """Makes the folder if need be and returns its real path.

    As root, Postgres and the programs run under other uids, which cannot enter a project in, say, /root: then the
    folder lies in /var/lib, and `path` is a link to it.
    """
    path = path.absolute()
    if path.is_symlink():
        path.resolve().mkdir(mode=0o755, parents=True, exist_ok=True)
    elif not path.exists():
        if os.geteuid() == 0 and not reachable_by_others(path.parent):
            name = f"livecode-{hashlib.sha256(str(path).encode()).hexdigest()[:8]}"
            target = Path("/var/lib") / name
            target.mkdir(mode=0o755, parents=True, exist_ok=True)
            path.symlink_to(target)
        else:
            path.mkdir(mode=0o755, parents=True)
    return path.resolve()


def reachable_by_others(path: Path) -> bool:
    """Whether any user can enter the folder, or read the file, and every folder above it."""
    real = path.resolve()
    own = real.stat().st_mode
    if not (own & 0o005 == 0o005 if real.is_file() else own & 0o001):
        return False
    return all(parent.stat().st_mode & 0o001 for parent in real.parents)


def remove_state_folder(path: Path) -> None:
    """Removes the folder and what a link leads to; raises StackError while a stack runs there."""
    if not path.is_symlink() and not path.exists():
        return
    real = path.resolve()
    if real.exists():
        with StateLock(real):
            shutil.rmtree(real)
    if path.is_symlink():
        path.unlink()


class StateLock:
    """A lock that is held while a stack runs on the folder; the kernel frees it however the stack ends."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "lock"
        self._descriptor = -1

    def __enter__(self) -> Self:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise StackError(f"A stack already runs on {self._path.parent}; stop it first.") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        new.replace(path)
    finally:
        new.unlink(missing_ok=True)  # after an error; otherwise it has become `path`


def write_stack_file(folder: Path, description: dict[str, Any]) -> None:
    """Says where everything is, and which processes there are; a full disk leaves what was said before."""
    with contextlib.suppress(OSError):
        write_private(folder / "stack.json", json.dumps(description, indent=2) + "\n")


def remove_stack_file(folder: Path) -> None:
    (folder / "stack.json").unlink(missing_ok=True)
