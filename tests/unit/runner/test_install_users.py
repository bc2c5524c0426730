"""The files that give the users of runs a name: the machine's own, with an entry for each user added."""

import grp
import pwd
from pathlib import Path

from livecode_runner.sandbox.folders.run_folders import FIRST_UID, LAST_UID
from livecode_runner.sandbox.starting.install_users import main


def ids(file: Path) -> list[int]:
    return [int(line.split(":")[2]) for line in file.read_text().splitlines()]


def test_adds_every_user_of_a_run_to_those_of_the_machine(tmp_path: Path) -> None:
    main(str(tmp_path))
    users, groups = ids(tmp_path / "passwd"), ids(tmp_path / "group")
    runs = set(range(FIRST_UID, LAST_UID + 1))
    assert set(users) == {each.pw_uid for each in pwd.getpwall()} | runs
    assert set(groups) == {each.gr_gid for each in grp.getgrall()} | runs
    assert f"run{FIRST_UID}:x:{FIRST_UID}:{FIRST_UID}::/tmp/home:/bin/sh" in (tmp_path / "passwd").read_text()
    assert (tmp_path / "passwd").stat().st_mode & 0o777 == 0o644


def test_once_more_changes_nothing_and_leaves_no_other_file(tmp_path: Path) -> None:
    main(str(tmp_path))
    before = (tmp_path / "passwd").read_text()
    main(str(tmp_path))
    assert (tmp_path / "passwd").read_text() == before
    assert {path.name for path in tmp_path.iterdir()} == {"passwd", "group"}
