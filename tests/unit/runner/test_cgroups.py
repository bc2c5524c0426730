"""Where the kernel lets us make memory groups is read from /proc and the hierarchy itself."""

from pathlib import Path

from livecode_runner.sandbox.starting import cgroups

MOUNTS = """\
proc /proc proc rw,nosuid 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""
OWN = "4:cpu,cpuacct:/\n0::/user.slice/user-0.slice/session-1.scope\n"


def test_finds_where_version_2_is_mounted() -> None:
    assert cgroups._find_mount(MOUNTS) == Path("/sys/fs/cgroup/unified")
    assert cgroups._find_mount("proc /proc proc rw 0 0\n") is None


def test_makes_groups_below_the_nearest_that_hands_out_memory(tmp_path: Path) -> None:
    group = tmp_path / "user.slice/user-0.slice/session-1.scope"
    group.mkdir(parents=True)
    for folder, controllers in {
        "": "cpu memory",
        "user.slice": "memory pids",
        "user.slice/user-0.slice": "pids",
    }.items():
        (tmp_path / folder / "cgroup.subtree_control").write_text(f"{controllers}\n")
    (group / "cgroup.subtree_control").write_text("memory\n")  # its own does not count: processes are in it
    assert cgroups._find_parent_group(tmp_path, OWN) == tmp_path / "user.slice"


def test_makes_none_where_nobody_hands_out_memory(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    assert cgroups._find_parent_group(tmp_path, "0::/one\n") is None


def test_a_group_has_its_limit_and_tells_of_kills_for_want_of_memory(tmp_path: Path) -> None:
    with cgroups.Hierarchy(parent=tmp_path).open_group("run", 1 << 20) as group:
        assert (group.folder / "memory.max").read_text() == "1048576"
        events = group.folder / "memory.events"
        events.write_text("low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\n")
        assert not group.has_killed()
        events.write_text("oom_kill 1\n")
        assert group.has_killed()
        for path in group.folder.iterdir():  # as the kernel lets the folder go with what it shows in it
            path.unlink()
    assert not group.folder.exists()
