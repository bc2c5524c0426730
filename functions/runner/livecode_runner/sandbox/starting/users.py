"""Names for the users that runs have, so that programs can ask who they are."""

import functools
import pwd
from collections.abc import Iterable


@functools.cache
def user_name(uid: int) -> str:
    """What /etc/passwd calls it, or else what we do."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return _name(uid)


def with_users(passwd: str, group: str, ids: Iterable[int], home: str) -> tuple[str, str]:
    """Both texts, with an entry for each user and group that has none."""
    ids = list(ids)
    users, groups = _known_ids(passwd), _known_ids(group)
    return (
        _ended(passwd) + "".join(f"{_name(uid)}:x:{uid}:{uid}::{home}:/bin/sh\n" for uid in ids if uid not in users),
        _ended(group) + "".join(f"{_name(gid)}:x:{gid}:\n" for gid in ids if gid not in groups),
    )


def _name(uid: int) -> str:
    return f"run{uid}"


def _known_ids(text: str) -> set[int]:
    """The third field is the id in both files (passwd(5), group(5)); lines for NIS have none."""
    fields = (line.split(":") for line in text.splitlines())
    return {int(field[2]) for field in fields if len(field) > 2 and field[2].isdigit()}


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"
