"""Gives the users that runs have their entries in passwd and group. Run by the Makefile and by the image's build:

    python3 -m livecode_runner.sandbox.starting.install_users FOLDER

writes both files to FOLDER: those of the machine, with the users of runs added. With `--image` in the place of FOLDER
it adds to the image's own files all users that the image may be run as, too.
"""

import sys
from pathlib import Path

from livecode_runner.sandbox.folders.run_folders import FIRST_UID, LAST_UID
from livecode_runner.sandbox.starting.users import add_users
from livecode_runner.sandbox.starting.view import TEMPORARY_FOLDERS

_USERS_OF_RUNS = range(FIRST_UID, LAST_UID + 1)
# Which one Lambda takes is not documented: 993 was seen, and 480 to 500 before. Debian gives 100 to 999 to services.
_USERS_OF_LAMBDA = range(100, 1000)
# Where a run's folder has another name each time, one that is always there is next to the truth.
_HOME_IN_IMAGE, _HOME_IN_VIEW = "/tmp", f"{TEMPORARY_FOLDERS[0]}/home"
_PASSWD, _GROUP = Path("/etc/passwd"), Path("/etc/group")


def main(argument: str) -> None:
    image = argument == "--image"
    ids = [*_USERS_OF_LAMBDA, *_USERS_OF_RUNS] if image else _USERS_OF_RUNS
    home = _HOME_IN_IMAGE if image else _HOME_IN_VIEW
    passwd, group = (file.read_text() if file.exists() else "" for file in (_PASSWD, _GROUP))
    texts = add_users(passwd, group, ids, home)
    for source, text in zip((_PASSWD, _GROUP), texts, strict=True):
        place = source if image else Path(argument, source.name)
        written = place.with_name(f".{place.name}.new")  # a run that starts meanwhile finds one of them whole
        written.write_text(text)
        written.chmod(0o644)
        written.replace(place)


if __name__ == "__main__":
    main(sys.argv[1])
