"""The folders of runs: one base folder that is the runner's, and below it a fresh one for each run.

    /tmp/livecode-runner-UID/        ours, 0711
        run-XXXXXXXX/                the run's, 0700, locked while it is in use
            work/  home/             working folder; HOME and TMPDIR
    /tmp/livecode-uids-UID/          ours, made where each run has a uid of its own
        uid-60100.lock               locked while a run has that uid

The locks (flock) vanish with the process that holds them, so that a runner that was killed leaves nothing for ever: the
next one removes each folder that nobody locks. Nothing else in the base folder is ours, whatever its name.
"""

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from livecode_runner.sandbox.folders.entries import FOLDER_FLAGS, list_names, make_accessible
from livecode_runner.sandbox.folders.measuring import Counted, measure_tree
from livecode_runner.sandbox.folders.own_folder import OwnFolder, current_path
from livecode_runner.sandbox.folders.removing import empty_folder, remove_entry
from livecode_runner.sandbox.folders.strays import Strays
from livecode_runner.sandbox.phase import SandboxBroken, SandboxFailed

FIRST_UID, LAST_UID = 60100, 60999  # above what Debian gives to people and services, below nobody (65534)
UID_ROOT = "/tmp"  # uids are the machine's, whatever the root of the folders is
_ATTEMPTS = 10  # at a folder that another runner takes for abandoned, because we have not locked it yet
NAMES = ("work", "home", "python")  # what there may be in a run's folder before its program starts


@dataclass(frozen=True, kw_only=True)
class RunFolder:
    """A run's folder, open while it exists. `uid` owns it; None means that it is ours, and that there may be strays.

    `path` and `aliases` are its names in the sight of its programs, which may have mounts of their own
    (starting/view.py).
    """

    path: str
    descriptor: int
    uid: int | None
    strays: Strays | None
    aliases: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def work(self) -> str:
        return f"{self.path}/work"

    @property
    def home(self) -> str:
        return f"{self.path}/home"

    def measure(self, limit_bytes: int, counted: Counted) -> int:
        """Measures the disk space of what is in the folder and beside it, in bytes; stops once over the limit."""
        total = measure_tree(self.descriptor, limit_bytes, counted)
        if self.strays is not None and total <= limit_bytes:
            total += self.strays.measure(limit_bytes - total, counted)
        return total

    def write(self, name: str, content: bytes) -> None:
        """Writes a new file into the working folder. `name` is one of ours; nothing has run in the folder yet."""
        self._write(f"work/{name}", content)

    def populate(self) -> None:
        """Makes the folders that every run has.

        Only two, since each has a block to be freed later, and where a disk discards freed blocks one waits for that.
        """
        for name in ("work", "home"):
            self._make(name)

    def add_module(self, folder: str, name: str, content: bytes) -> str:
        """Writes a Python module into a folder of its own; returns that folder's path."""
        self._make(folder)
        self._write(f"{folder}/{name}", content)
        return f"{self.path}/{folder}"

    def _make(self, name: str) -> None:
        with _break_without("folder"):
            os.mkdir(name, 0o700, dir_fd=self.descriptor)
            if self.uid is not None:
                os.chown(name, self.uid, self.uid, dir_fd=self.descriptor, follow_symlinks=False)

    def _write(self, name: str, content: bytes) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with _break_without("file"):
            descriptor = os.open(name, flags, 0o644, dir_fd=self.descriptor)
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                file.write(content)
                if self.uid is not None:
                    os.fchown(descriptor, self.uid, self.uid)


class BaseFolder:
    """Where runs have their folders. Raises SandboxFailed if its place is taken by something that is not ours."""

    def __init__(self, root: str) -> None:
        self._folder = OwnFolder(root, f"livecode-runner-{os.geteuid()}")
        self._uid_locks: OwnFolder | None = None

    def restore(self, *, shared_uid: bool) -> None:
        """Undoes what a program with our uid did to the base folder itself. Raises SandboxBroken if it cannot be."""
        self._folder.restore(shared_uid=shared_uid, clear=_remove_abandoned)

    def make_run(self, uid: int | None) -> RunFolder:
        """Makes a fresh folder, for `remove_run` at the end. Raises SandboxBroken if there can be none."""
        with _break_without("folder"):
            strays = Strays.note_existing(self._folder) if uid is None else None
            name, descriptor = self._make_locked()
        folder = RunFolder(path=f"{self._folder.path}/{name}", descriptor=descriptor, uid=uid, strays=strays)
        with contextlib.ExitStack() as undo:
            undo.callback(self.remove_run, folder)
            folder.populate()
            if uid is not None:
                os.fchown(descriptor, uid, uid)
            undo.pop_all()
        return folder

    def remove_run(self, folder: RunFolder) -> None:
        """Removes a run's folder, whatever is in it and wherever a program with our uid has moved it.

        Raises OSError if something stays.
        """
        try:
            empty_folder(folder.descriptor)
            try:
                os.rmdir(folder.name, dir_fd=self._folder.descriptor)
            except OSError:
                with contextlib.suppress(OSError):  # it has been removed, or nobody can name its place
                    current_path(folder.descriptor).rmdir()
        finally:
            os.close(folder.descriptor)
            self.restore(shared_uid=folder.uid is None)
            self.remove_abandoned()

    def remove_abandoned(self) -> None:
        """Removes what a killed runner, or a program with our uid, left here. Raises OSError if something stays."""
        _remove_abandoned(self._folder.descriptor)

    @contextlib.contextmanager
    def take_uid(self) -> Iterator[int]:
        """Lends a uid that no other run on this machine has. Raises SandboxFailed if all are taken."""
        if self._uid_locks is None:
            self._uid_locks = OwnFolder(UID_ROOT, f"livecode-uids-{os.geteuid()}")
        self._uid_locks.restore(shared_uid=False, clear=lambda _: None)
        for uid in range(FIRST_UID, LAST_UID + 1):
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            with _break_without("lock"):
                descriptor = os.open(f"uid-{uid}.lock", flags, 0o600, dir_fd=self._uid_locks.descriptor)
            if not _lock(descriptor):
                os.close(descriptor)
                continue
            try:
                yield uid
            finally:
                os.close(descriptor)
            return
        raise SandboxFailed("every uid for runs is taken")

    def _make_locked(self) -> tuple[str, int]:
        """Makes a new folder and locks it: one without a lock may be taken for abandoned, and removed."""
        base = self._folder.descriptor
        for _ in range(_ATTEMPTS):
            name = f"run-{secrets.token_hex(8)}"
            os.mkdir(name, 0o700, dir_fd=base)
            with contextlib.suppress(FileNotFoundError):
                descriptor = os.open(name, FOLDER_FLAGS, dir_fd=base)
                with contextlib.ExitStack() as undo:
                    undo.callback(os.close, descriptor)
                    if _lock(descriptor) and os.path.samestat(os.stat(name, dir_fd=base), os.fstat(descriptor)):
                        undo.pop_all()
                        return name, descriptor
        raise SandboxFailed("other runners remove what is made")


def _remove_abandoned(base: int) -> None:
    for name in list_names(base):
        with contextlib.ExitStack() as opened:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                make_accessible(base, name)
                descriptor = os.open(name, FOLDER_FLAGS, dir_fd=base)
                opened.callback(os.close, descriptor)
                if not _lock(descriptor):
                    continue  # in use
            remove_entry(base, name)


def _lock(descriptor: int) -> bool:
    """Locks an open file or folder for as long as it is open. False if somebody else has locked it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def _break_without(what: str) -> Iterator[None]:
    """Turns an OSError into SandboxBroken: without a folder, a file or a lock no run is possible here.

    That is so on a full disk, or when no descriptor is left. `what` could not be made.
    """
    try:
        yield
    except OSError as error:
        raise SandboxBroken(f"no {what} for a run can be made: {error.strerror}") from error
