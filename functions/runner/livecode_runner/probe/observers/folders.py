"""Folders that programs could write to, and memory that processes could share."""

import contextlib
import os
import subprocess
from pathlib import Path

from .calls import Json, Observer, describe, list_folder, verdict

_SCRIPT = b"#!/bin/sh\nexit 0\n"
_FOLDERS = ("/", "/tmp", "/var/tmp", "/dev/shm")


def mounts() -> dict[str, tuple[str, str]]:
    """By mount point: type, and options but for those that name folders (an overlay's layers, say).

    The last mount on a point is the one that is seen.
    """
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    return {place: (kind, _without_paths(options)) for _, place, kind, options, *_ in lines}


def _without_paths(options: str) -> str:
    return ",".join(option for option in options.split(",") if "/" not in option)


def look_at(path: str) -> Json:
    found: dict[str, Json] = {"listable": verdict(lambda: list_folder(Path(path)))}
    status = Path(path).stat()
    found["mode"] = f"{status.st_mode & 0o7777:04o} of {status.st_uid}"
    space = os.statvfs(path)
    found["free_mib"] = space.f_bavail * space.f_frsize >> 20
    kind, options = _mount_of(path)
    found["mount"] = f"{kind} {options}"
    found |= _try_to_write(path)
    return found


def _mount_of(path: str) -> tuple[str, str]:
    mounted = mounts()
    places = [path, *map(str, Path(path).parents)]
    return next(mounted[place] for place in places if place in mounted)


def _try_to_write(path: str) -> dict[str, Json]:
    """Makes a file, runs it, and removes it."""
    file = f"{path.rstrip('/')}/livecode-probe-{os.getpid()}"
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o700)
    except OSError as error:
        return {"writable": describe(error)}
    try:
        os.write(descriptor, _SCRIPT)
        os.close(descriptor)
        return {"writable": "yes", "executable": verdict(lambda: subprocess.run([file], check=False, env={}))}
    finally:
        Path(file).unlink()


def posix_semaphore() -> Json:
    """Makes what multiprocessing.Lock makes, and unlinks it at once."""
    from _multiprocessing import SemLock  # type: ignore[import-not-found]

    return verdict(lambda: SemLock(1, 1, 1, f"/livecode-probe-{os.getpid()}", True))


def posix_shared_memory() -> Json:
    """Makes what multiprocessing.shared_memory makes, without the process by which that tracks it."""
    from _posixshmem import shm_open, shm_unlink  # type: ignore[import-not-found]

    name = f"/livecode-probe-{os.getpid()}"

    def make() -> None:
        os.close(shm_open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))

    found = verdict(make)
    with contextlib.suppress(OSError):
        shm_unlink(name)
    return found


FOLDERS: dict[str, Observer] = {path: lambda path=path: look_at(path) for path in _FOLDERS}  # type: ignore[misc]
FOLDERS["current_folder"] = lambda: look_at(str(Path.cwd()))
SHARED_MEMORY: dict[str, Observer] = {
    "posix_semaphore": posix_semaphore,
    "posix_shared_memory": posix_shared_memory,
    "memfd": lambda: verdict(lambda: os.close(os.memfd_create("livecode-probe"))),
}
