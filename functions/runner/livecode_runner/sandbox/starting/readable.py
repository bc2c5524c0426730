"""Finds the places of the machine that programs must be able to read: interpreters, compilers and their libraries."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from livecode_runner.sandbox.layers import Layer
from livecode_runner.sandbox.starting.built import BUILD, SITECUSTOMIZE


def shared_python_folder(layers: Mapping[Layer, bool]) -> str | None:
    """Returns the folder of the compiled sitecustomize that all runs share, as PYTHONPATH.

    None if it was not built, or if a program could not read it or could change it: then each run gets a copy.
    """
    folder = (BUILD / "python").resolve()
    if not (folder / SITECUSTOMIZE.name).is_file():
        return None
    if layers[Layer.SEPARATE_UID]:
        usable = all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))
    else:
        usable = layers[Layer.LANDLOCK] or folder.stat().st_uid != os.geteuid()
    return str(folder) if usable else None


def without_nested(places: Iterable[str]) -> list[str]:
    """Returns the places that exist, without links and without those inside another.

    Each costs a rule to load in every phase.
    """
    found = {os.path.realpath(place) for place in places if Path(place).exists()}
    return sorted(place for place in found if not any(str(parent) in found for parent in Path(place).parents))


def program_folders(path: str) -> list[str]:
    """Names the folders in which the programs on the PATH live, and those of what is installed beside them.

    An interpreter in PREFIX/bin has its library in PREFIX/lib, and a link on the PATH may point to it.
    """
    from livecode.languages import LANGUAGES  # here, so that the filter can be built without it

    commands = [command for language in LANGUAGES.values() for command in (language.compile, language.run) if command]
    names = {command[0] for command in commands if "/" not in command[0]}
    folders = []
    for folder in filter(None, path.split(":")):
        folders.append(folder)
        for name in names:
            program = shutil.which(name, path=folder)
            if program and (prefix := str(Path(program).resolve().parent.parent)) != "/":
                folders.append(prefix)
    return list(dict.fromkeys(folders))
