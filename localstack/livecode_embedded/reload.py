"""Notices edited code, so that the next invocation runs it."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

_INTERVAL_SECONDS = 1.0
_IGNORED = {"__pycache__", "build"}


async def watch(
    folders: Sequence[Path], on_change: Callable[[], None], *, interval_seconds: float = _INTERVAL_SECONDS
) -> None:
    """Calls `on_change` whenever a file under the folders appears, goes, or is written to."""
    seen = await asyncio.to_thread(snapshot, folders)
    while True:
        await asyncio.sleep(interval_seconds)
        now = await asyncio.to_thread(snapshot, folders)
        if now != seen:
            seen = now
            on_change()


def snapshot(folders: Sequence[Path]) -> dict[Path, int]:
    """Notes each file's modification time."""
    times: dict[Path, int] = {}
    for folder in folders:
        try:
            entries = list(folder.iterdir())
        except OSError:
            continue  # it has just gone
        for entry in entries:
            if entry.name in _IGNORED or entry.name.startswith("."):
                continue
            if entry.is_dir():
                times |= snapshot([entry])
                continue
            try:
                times[entry] = entry.stat().st_mtime_ns
            except OSError:
                continue
    return times
