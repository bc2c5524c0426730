"""Names for the users that runs have, so that programs can ask who they are."""

import functools
import pwd
from collections.abc import Iterable


@functools.cache
def user_name(uid: int) -> str:
    """Returns the name of a user in /etc/passwd, or else the name that we give it."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return _name(uid)


def add_users(passwd: str, group: str, ids: Iterable[int], home: str) -> tuple[str, str]:
    """Returns the texts of passwd and group, with an entry added for each user and group that has none."""
    ids = list(ids)
    users, groups = _known_ids(passwd), _known_ids(group)
    return (
        _with_final_newline(passwd)
        + "".join(f"{_name(uid)}:x:{uid}:{uid}::{home}:/bin/sh\n" for uid in ids if uid not in users),
        _with_final_newline(group) + "".join(f"{_name(gid)}:x:{gid}:\n" for gid in ids if gid not in groups),
    )


def _name(uid: int) -> str:
    return f"run{uid}"


def _known_ids(text: str) -> set[int]:
    """Lists the ids in passwd(5) or group(5): the third field in both; lines for NIS have none."""
    fields = (line.split(":") for line in text.splitlines())
    return {int(field[2]) for field in fields if len(field) > 2 and field[2].isdigit()}


def _with_final_newline(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"
