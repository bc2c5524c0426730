"""Other processes, as /proc shows them: how many, PID 1, and our parent, which is the runner."""

import os
from collections.abc import Iterator
from pathlib import Path

from .calls import Json, NotObserved, Observer, allowed, list_folder
from .folders import mounts

_PROC = Path("/proc")
_TEXTS = ("cmdline", "environ", "maps")


def others() -> Iterator[Path]:
    own = str(os.getpid())
    return (entry for entry in _PROC.iterdir() if entry.name.isdigit() and entry.name != own)


def holds_something(path: Path) -> bool:
    """Whether it can be opened and read; one byte is enough, and it goes nowhere."""
    try:
        with path.open("rb") as file:
            return bool(file.read(1))
    except OSError:
        return False


def opens(path: Path) -> bool:
    return allowed(lambda: os.close(os.open(path, os.O_RDONLY)))


def readable() -> Json:
    """Counts the other processes that let us read a file of theirs."""
    entries = list(others())
    found: dict[str, Json] = {name: sum(holds_something(entry / name) for entry in entries) for name in _TEXTS}
    found["mem"] = sum(opens(entry / "mem") for entry in entries)
    found["fd"] = sum(allowed(lambda entry=entry: list_folder(entry / "fd")) for entry in entries)  # type: ignore[misc]
    return found


def own_uid() -> Json:
    count = 0
    for entry in others():
        try:
            count += entry.stat().st_uid == os.getuid()
        except OSError:  # it has ended meanwhile
            continue
    return count


def look_at(pid: int) -> Json:
    if pid == 0:
        raise NotObserved("it is outside our PID namespace")
    folder = _PROC / str(pid)
    if not folder.exists():
        raise NotObserved("/proc does not show it")
    found: dict[str, Json] = {"name": (folder / "comm").read_text().strip(), "uid": _uid(folder)}
    found |= {f"{name}_readable": holds_something(folder / name) for name in _TEXTS}
    found["mem_opens"] = opens(folder / "mem")
    found["fd_listed"] = allowed(lambda: list_folder(folder / "fd"))
    found["exe_shown"] = allowed(lambda: (folder / "exe").readlink())
    found["takes_our_signals"] = allowed(lambda: os.kill(pid, 0))
    return found


def _uid(folder: Path) -> int:
    """Reads the real uid of a process; the folder of one that is not dumpable is root's."""
    lines = (folder / "status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Uid:")).split()[1])


def proc_mount() -> Json:
    kind, options = mounts()["/proc"]
    return f"{kind} {options}"


OBSERVERS: dict[str, Observer] = {
    "proc_mount": proc_mount,
    "visible": lambda: sum(1 for _ in others()),
    "of_our_uid": own_uid,
    "readable": readable,
    "pid_1": lambda: look_at(1),
    "parent": lambda: look_at(os.getppid()),
}
