"""What a run with a mount namespace of its own is shown in the place of the machine's: /tmp, /var/tmp, and users.

The run's folder is its /tmp and its /var/tmp: programs that know no TMPDIR (std::tmpfile, and every fixed path in /tmp)
write where files are measured and removed with the run, and see nobody else's. What programs need of the machine's own
/tmp, such as an interpreter that is installed there, stays where it was.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from livecode_runner.sandbox.folders.run_folders import NAMES, RunFolder

TEMPORARY_FOLDERS = ("/tmp", "/var/tmp")


@dataclass(frozen=True, kw_only=True)
class View:
    """What a run sees in the place of the machine's own folders and files.

    The run's folder is mounted over each of `folders`; `kept` are places in these that stay as they were; `files` are
    pairs of a source and the place over which it is mounted.
    """

    folders: tuple[str, ...]
    kept: tuple[str, ...]
    files: tuple[tuple[str, str], ...]

    @classmethod
    def build(cls, needed: Iterable[str], files: Iterable[tuple[str, str]]) -> "View | None":
        """Decides what a run can be shown; `needed` are places that programs must find there.

        Those of `files` that are not on this machine are left out. None where it would not work: no /tmp, or what
        must stay in it has the name of something in a run's folder.
        """
        folders = tuple(each for each in TEMPORARY_FOLDERS if Path(each).is_dir() and os.path.realpath(each) == each)
        above = ((folder, place) for place in needed for folder in folders if place.startswith(f"{folder}/"))
        kept = dict.fromkeys(f"{folder}/{place.removeprefix(f'{folder}/').split('/')[0]}" for folder, place in above)
        names = [*NAMES, *(Path(place).name for place in kept)]
        if TEMPORARY_FOLDERS[0] not in folders or len(set(names)) < len(names):
            return None
        found = tuple(pair for pair in files if all(map(os.path.isfile, pair)))
        return cls(folders=folders, kept=tuple(kept), files=found)

    def prepare(self, folder: RunFolder) -> None:
        """Makes, in a fresh folder, what the launcher mounts over."""
        for place in self.kept:
            os.mkdir(Path(place).name, 0o711, dir_fd=folder.descriptor)

    def arguments(self, folder: RunFolder) -> list[str]:
        """Returns the launcher's arguments for the mounts; last comes what hides the run's folder itself."""
        path = os.path.realpath(folder.path)
        pairs = [*self.files, *((place, f"{path}/{Path(place).name}") for place in self.kept)]
        pairs += [(path, place) for place in sorted(self.folders, key=lambda place: path.startswith(f"{place}/"))]
        return [argument for source, place in pairs for argument in (f"bind={source}", f"over={place}")]

    def renamed_as_inside(self, folder: RunFolder) -> RunFolder:
        """Returns the run's folder with the names by which its programs know it."""
        first, *others = self.folders
        return replace(folder, path=first, aliases=tuple(others))
