"""Log files that stay small: one that has grown becomes `NAME.1`, the one before it `NAME.2`, and older ones go."""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path

FILE_BYTES = 8 * 1024 * 1024
KEPT = 2  # beside the one that is written


class RotatingLog:
    """Writes lines to one file. It never raises: what a full disk does not take is lost, and said once to `warn`."""

    def __init__(self, path: Path, *, warn: Callable[[str], None] | None = None, file_bytes: int = FILE_BYTES) -> None:
        self._path = path
        self._warn = warn
        self._file_bytes = file_bytes
        self._file: io.FileIO | None = None
        self._size = 0
        self._failing = False

    def write(self, line: str) -> None:
        """Writes a line unbuffered, so that `tail -F` and a test see it as soon as it is written."""
        data = line.encode(errors="replace") + b"\n"
        try:
            if self._file is None:
                self._open()
            if self._size and self._size + len(data) > self._file_bytes:
                self.close()
                _make_room(self._path)
                self._path.rename(_numbered(self._path, 1))
                self._open()
            assert self._file is not None
            self._size += self._file.write(data)
        except OSError as error:
            if self._warn and not self._failing:
                self._warn(f"{self._path} cannot be written ({error.strerror}); its lines are lost until it can")
            self._failing = True
        else:
            self._failing = False

    def close(self) -> None:
        if self._file:
            self._file.close()
        self._file = None

    def _open(self) -> None:
        self._file = io.FileIO(self._path, "a")
        self._size = os.fstat(self._file.fileno()).st_size


def trim(path: Path, *, file_bytes: int = FILE_BYTES) -> None:
    """Rotates a log that another process holds open, for appending: a copy is kept, and the file itself is emptied.

    What is written between the two is lost. Does nothing while it is small, or when there is no room for the copy.
    """
    try:
        if path.stat().st_size <= file_bytes:
            return
        _make_room(path)
        shutil.copyfile(path, _numbered(path, 1))
        os.truncate(path, 0)
    except OSError:
        return


def _make_room(path: Path) -> None:
    for number in range(KEPT, 1, -1):
        if (older := _numbered(path, number - 1)).exists():
            older.replace(_numbered(path, number))


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
