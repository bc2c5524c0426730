"""Users of runs have entries in passwd and group, beside those that are there."""

from livecode_runner.sandbox.starting.users import add_users, user_name

PASSWD = "root:x:0:0:root:/root:/bin/bash\n+::::::\ndaemon:x:101:1::/:/bin/false"
GROUP = "root:x:0:\nrender:x:102:\n"


def test_adds_only_who_has_no_entry():
    passwd, group = add_users(PASSWD, GROUP, range(100, 103), "/tmp")
    assert passwd.splitlines()[:3] == PASSWD.splitlines()
    assert passwd.splitlines()[3:] == ["run100:x:100:100::/tmp:/bin/sh", "run102:x:102:102::/tmp:/bin/sh"]
    assert group == f"{GROUP}run100:x:100:\nrun101:x:101:\n"


def test_adds_nothing_twice():
    once = add_users(PASSWD, GROUP, range(100, 103), "/tmp")
    assert add_users(*once, range(100, 103), "/tmp") == once


def test_starts_files_that_are_empty():
    assert add_users("", "", [7], "/tmp") == ("run7:x:7:7::/tmp:/bin/sh\n", "run7:x:7:\n")


def test_names_users_as_the_system_does_or_else_as_those_entries_do():
    assert user_name(0) == "root"
    assert user_name(2**31 - 2) == f"run{2**31 - 2}"
