"""A folder that is ours and outlives what runs: kept open, put right, and made anew when it is gone.

A program with our uid can do to it, where Landlock does not hinder it, what we can: remove or rename it, put something
else in its place, take its rights. A cleaner of /tmp can remove it from under any runner.
"""

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path

from livecode_runner.sandbox.folders.attributes import FolderAttributes
from livecode_runner.sandbox.folders.entries import FOLDER_FLAGS, LINKED_FOLDER_FLAGS, entry_exists, make_accessible
from livecode_runner.sandbox.folders.measuring import Counted, measure_entry
from livecode_runner.sandbox.folders.removing import remove_entry
from livecode_runner.sandbox.phase import SandboxBroken, SandboxFailed

_ATTRIBUTES = FolderAttributes(mode=0o711, flags=0, extended={})
_ATTEMPTS = 5  # at what a program of another runner with our uid may be taking away meanwhile


class OwnFolder:
    """A folder at a fixed place that belongs to the runner, whatever programs with its uid do to it.

    Making one raises SandboxFailed if its place is taken by something that is not ours.
    """

    def __init__(self, root: str, name: str) -> None:
        self.path = f"{root}/{name}"
        self._name = name
        try:
            self._root = _open_root(root)
            ours = os.fstat(self._root).st_uid == os.geteuid()  # else nobody with our uid can change them
            self._root_attributes = FolderAttributes.read(self._root) if ours else None
            # What is no folder may be left of a program of a runner that was killed; but none has root's uid.
            self.descriptor = self._open(replaces=os.geteuid() != 0)
        except OSError as error:
            raise SandboxFailed(f"the folder of runs cannot be opened: {error.strerror}") from error

    def restore(self, *, shared_uid: bool, clear: Callable[[int], None]) -> None:
        """Makes it what it was, or makes it anew; raises SandboxBroken. `shared_uid`: programs have our uid.

        `clear` removes from an open folder what is not in use: from the one that was put in its place, or else from the
        one that can no longer be put back there.
        """
        try:
            if shared_uid:
                if self._root_attributes is not None:
                    self._root_attributes.restore(self._root)
                _ATTRIBUTES.restore(self.descriptor)
            if not self._is_in_place():
                self._replace(self._open(replaces=True), clear)
        except (OSError, SandboxFailed) as error:
            raise SandboxBroken(f"the folder of runs cannot be made anew: {error}") from error

    def _replace(self, found: int, clear: Callable[[int], None]) -> None:
        unused = found
        try:
            clear(found)
            if not self._put_back():
                unused, self.descriptor = self.descriptor, found
                clear(unused)
                with contextlib.suppress(OSError):
                    current_path(unused).rmdir()
        finally:
            os.close(unused)

    def _put_back(self) -> bool:
        """Moves the folder back to its place, with the folders of other runners in it.

        False if it is gone or cannot be named, or if its place is in use.
        """
        with contextlib.suppress(OSError):
            place = current_path(self.descriptor)
            if os.path.samestat(place.lstat(), os.fstat(self.descriptor)):
                place.rename(self.path)
                return True
        return False

    def measure_replacement(self, limit_bytes: int, counted: Counted) -> int:
        """Measures the disk space of what was put in the folder's place, in bytes; stops once over the limit."""
        try:
            if self._is_in_place() or not entry_exists(self._root, self._name):
                return 0
        except OSError as error:
            counted.miss(error)
            return 0
        return measure_entry(self._root, self._name, limit_bytes, counted)

    def _is_in_place(self) -> bool:
        try:
            status = os.stat(self._name, dir_fd=self._root, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(status, os.fstat(self.descriptor))

    def _open(self, *, replaces: bool) -> int:
        """Opens what is at the folder's place, if it is a folder of ours, or makes a new one."""
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(FileExistsError):
                os.mkdir(self._name, _ATTRIBUTES.mode, dir_fd=self._root)
            try:
                if os.stat(self._name, dir_fd=self._root, follow_symlinks=False).st_uid != os.geteuid():
                    raise SandboxFailed("the folder of runs is not ours")
                make_accessible(self._root, self._name)
                descriptor = os.open(self._name, FOLDER_FLAGS, dir_fd=self._root)
            except FileNotFoundError:
                continue
            except NotADirectoryError:
                if not replaces:
                    raise
                remove_entry(self._root, self._name)
                continue
            with contextlib.ExitStack() as undo:
                undo.callback(os.close, descriptor)
                _ATTRIBUTES.restore(descriptor)
                undo.pop_all()
            return descriptor
        raise SandboxFailed("the folder of runs is taken away again and again")


def current_path(descriptor: int) -> Path:
    """Its path now; of what is removed, one that does not exist. Raises OSError if it is too long."""
    return Path(f"/proc/self/fd/{descriptor}").readlink()


def _open_root(root: str) -> int:
    try:
        return os.open(root, LINKED_FOLDER_FLAGS)
    except PermissionError:  # the program of a runner that was killed took our rights; if it is not ours, this raises
        Path(root).chmod(stat.S_IMODE(Path(root).stat().st_mode) | 0o700)
        return os.open(root, LINKED_FOLDER_FLAGS)
