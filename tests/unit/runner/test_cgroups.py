"""Where the kernel lets us make memory groups is read from /proc, in both versions of control groups."""

from pathlib import Path

from livecode_runner.sandbox import cgroups

VERSION_1 = """\
5:memory:/machine/one
4:cpu,cpuacct:/
1:name=systemd:/
0::/
"""
MOUNTS_1 = """\
proc /proc proc rw,nosuid 0 0
cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw,relatime 0 0
"""


def own(text: str) -> dict[str, str]:
    return dict(cgroups._own_groups(text))


def mounts(text: str) -> dict[str, Path]:
    return dict(cgroups._mounts(text))


def test_makes_groups_below_its_own_in_version_1() -> None:
    found = cgroups._version_1(own(VERSION_1), mounts(MOUNTS_1))
    assert found is not None
    assert found.parent == Path("/sys/fs/cgroup/memory/machine/one")


def test_finds_no_version_1_without_a_memory_hierarchy() -> None:
    assert cgroups._version_1(own("0::/\n"), mounts(MOUNTS_1)) is None


def test_makes_groups_below_the_nearest_that_hands_out_memory_in_version_2(tmp_path: Path) -> None:
    group = tmp_path / "user.slice/user-0.slice/session-1.scope"
    group.mkdir(parents=True)
    for folder, controllers in {
        "": "cpu memory",
        "user.slice": "memory pids",
        "user.slice/user-0.slice": "pids",
    }.items():
        (tmp_path / folder / "cgroup.subtree_control").write_text(f"{controllers}\n")
    (group / "cgroup.subtree_control").write_text("memory\n")  # its own does not count: processes are in it
    found = cgroups._version_2(own("0::/user.slice/user-0.slice/session-1.scope\n"), {"": tmp_path})
    assert found is not None
    assert found.parent == tmp_path / "user.slice"
    assert found.limits == ("memory.max", "memory.swap.max")


def test_finds_no_version_2_where_nobody_hands_out_memory(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    assert cgroups._version_2(own("0::/one\n"), {"": tmp_path}) is None


def test_counts_kills_for_want_of_memory(tmp_path: Path) -> None:
    events = tmp_path / "memory.events"
    events.write_text("low 0\nhigh 0\nmax 7\noom 1\noom_kill 0\n")
    group = cgroups.Cgroup(folder=tmp_path, events=events)
    assert not group.has_killed()
    events.write_text("oom_kill 1\n")
    assert group.has_killed()
