"""The folders of runs: one base folder that is the runner's, and below it a fresh one for each run.

    /tmp/livecode-runner-UID/        ours, 0711
        uid-60100.lock               locked while a run has that uid
        run-XXXXXXXX/                the run's, 0700, locked while it is in use
            work/  home/             working folder; HOME and TMPDIR

The locks (flock) vanish with the process that holds them, so that a runner that was killed leaves nothing for ever: the
next one removes each folder that nobody locks.
"""

import contextlib
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .files import make_accessible, remove_entry
from .phase import SandboxFailed

FIRST_UID, LAST_UID = 60100, 60999  # above what Debian gives to people and services, below nobody (65534)
UID_ROOT = "/tmp"
NAMES = ("work", "home", "python")  # what there may be in a run's folder before its program starts
_BASE_MODE = 0o711

_LOCK_FILE = re.compile(r"uid-\d+\.lock")
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _open_own(path: str) -> int:
    """A descriptor of a folder that is ours alone, made if need be."""
    with contextlib.suppress(FileExistsError):
        Path(path).mkdir(_BASE_MODE)
    try:
        descriptor = os.open(path, _FOLDER_FLAGS)
    except OSError as error:
        raise SandboxFailed(f"the folder of runs cannot be opened: {error.strerror}") from error
    status = os.fstat(descriptor)
    if status.st_uid != os.geteuid() or stat.S_IMODE(status.st_mode) & 0o022:
        os.close(descriptor)
        raise SandboxFailed("the folder of runs is not ours alone")
    os.fchmod(descriptor, _BASE_MODE)
    return descriptor


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """A run's folder, open while it exists. `uid` owns it; None means that it is ours.

    `path` and `aliases` are its names in the sight of its programs, which may have mounts of their own (view.py).
    """

    path: str
    descriptor: int
    uid: int | None
    aliases: tuple[str, ...] = ()

    @property
    def work(self) -> str:
        return f"{self.path}/work"

    @property
    def home(self) -> str:
        return f"{self.path}/home"

    def write(self, name: str, content: bytes) -> None:
        """A new file in the working folder. `name` is one of ours; nothing has run in the folder yet."""
        self._write(f"work/{name}", content)

    def populate(self) -> None:
        """Only two: each has a block to be freed later, and where a disk discards freed blocks one waits for that."""
        for name in ("work", "home"):
            self._make(name)

    def add_module(self, folder: str, name: str, content: bytes) -> str:
        """A folder of its own for a Python module; returns its path."""
        self._make(folder)
        self._write(f"{folder}/{name}", content)
        return f"{self.path}/{folder}"

    def _make(self, name: str) -> None:
        os.mkdir(name, 0o700, dir_fd=self.descriptor)
        if self.uid is not None:
            os.chown(name, self.uid, self.uid, dir_fd=self.descriptor, follow_symlinks=False)

    def _write(self, name: str, content: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(name, flags, 0o644, dir_fd=self.descriptor)
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            file.write(content)
            if self.uid is not None:
                os.fchown(descriptor, self.uid, self.uid)


class BaseFolder:
    """Where runs have their folders. Raises SandboxFailed if its place is taken by something that is not ours."""

    def __init__(self, root: str) -> None:
        name = f"livecode-runner-{os.geteuid()}"
        self.path = f"{root}/{name}"
        self._descriptor = _open_own(self.path)
        # Uids are the machine's, whatever the root is.
        self._uids = self._descriptor if root == UID_ROOT else _open_own(f"{UID_ROOT}/{name}")

    @contextlib.contextmanager
    def open_run(self, uid: int | None) -> Iterator[RunFolder]:
        """A fresh folder, removed at the end whatever is in it."""
        if uid is None:
            self._restore()
        name = f"run-{secrets.token_hex(8)}"
        with self._exclusively():  # a folder is never seen without its lock
            os.mkdir(name, 0o700, dir_fd=self._descriptor)
            descriptor = os.open(name, _FOLDER_FLAGS, dir_fd=self._descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        try:
            folder = RunFolder(path=f"{self.path}/{name}", descriptor=descriptor, uid=uid)
            folder.populate()
            if uid is not None:
                os.fchown(descriptor, uid, uid)
            yield folder
        finally:
            if uid is None:
                self._restore()
            # A program with our uid can rename its own folder too. Then it is found, unlocked, by remove_abandoned.
            remove_entry(self._descriptor, name)
            os.close(descriptor)
            self.remove_abandoned()

    def _restore(self) -> None:
        """Undoes what a program with our uid can do to the folder of runs itself: take its rights, or rename it."""
        os.fchmod(self._descriptor, _BASE_MODE)
        path, ours = Path(self.path), os.fstat(self._descriptor)
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(path.lstat(), ours):
                return
            parent = os.open(path.parent, _FOLDER_FLAGS)
            try:
                remove_entry(parent, path.name)
            finally:
                os.close(parent)
        try:
            Path(f"/proc/self/fd/{self._descriptor}").readlink().rename(path)
        except OSError as error:
            raise SandboxFailed("the folder of runs is gone") from error

    def remove_abandoned(self) -> None:
        """Removes what a killed runner, or a program with our uid, left here."""
        with os.scandir(self._descriptor) as entries:
            names = [entry.name for entry in entries if not _LOCK_FILE.fullmatch(entry.name)]
        if not names:
            return
        with self._exclusively():
            for name in names:
                with contextlib.suppress(BlockingIOError, FileNotFoundError), self._unlocked(name):
                    remove_entry(self._descriptor, name)

    @contextlib.contextmanager
    def take_uid(self) -> Iterator[int]:
        """A uid that no other run on this machine has. Raises SandboxFailed if all are taken."""
        for uid in range(FIRST_UID, LAST_UID + 1):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            descriptor = os.open(f"uid-{uid}.lock", flags, 0o600, dir_fd=self._uids)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            try:
                yield uid
            finally:
                os.close(descriptor)
            return
        raise SandboxFailed("every uid for runs is taken")

    @contextlib.contextmanager
    def _exclusively(self) -> Iterator[None]:
        descriptor = os.open(".", _FOLDER_FLAGS, dir_fd=self._descriptor)  # of its own: a lock belongs to an open file
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _unlocked(self, name: str) -> Iterator[None]:
        """Raises BlockingIOError if it is a folder in use."""
        status = os.stat(name, dir_fd=self._descriptor, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            yield
            return
        make_accessible(self._descriptor, name)
        descriptor = os.open(name, _FOLDER_FLAGS, dir_fd=self._descriptor)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(descriptor)
