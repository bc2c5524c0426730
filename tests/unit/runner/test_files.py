"""Trees of strangers are measured and removed without following a link out of them."""

import contextlib
import os
import resource
import signal
import tempfile
from pathlib import Path

import pytest

from livecode_runner.sandbox.folders.measuring import Counted, measure_entry, measure_tree
from livecode_runner.sandbox.folders.removing import empty_folder, remove_entry


@pytest.fixture
def parent(tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def test_removes_a_tree_and_spares_what_links_point_to(tmp_path, parent):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    tree = tmp_path / "tree"
    (tree / "a/b/c").mkdir(parents=True)
    (tree / "a/link").symlink_to(kept)
    (tree / "a/b/.removing-1").mkdir()
    (tree / ".removing-1").mkdir()
    (tree / "a/b/c/file").write_text("x")
    (tree / "a/b").chmod(0o500)
    (tree / "a").chmod(0)
    remove_entry(parent, "tree")
    assert os.listdir(tmp_path) == ["kept"]  # noqa: PTH208 - by name, not by path
    assert (kept / "file").read_text() == "x"


def test_removes_the_link_and_not_its_target(tmp_path, parent):
    (tmp_path / "target").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "target")
    remove_entry(parent, "link")
    assert (tmp_path / "target").exists()
    assert not (tmp_path / "link").is_symlink()


def test_removing_what_is_not_there_is_no_error(parent):
    remove_entry(parent, "nothing")


def test_measures_disk_space_and_counts_empty_files(tmp_path, parent):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/file").write_bytes(bytes(1_000_000))
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**9)
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert 1_100_000 <= measure_tree(parent, 10**9) < 1_300_000


def test_measuring_stops_over_the_limit(tmp_path, parent):
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert 10_000 < measure_tree(parent, 10_000) < 20_000


def make_deep(folder, levels, *, beside=None):
    """Folders each in the one before, with one file in the last; `beside` is made on each level."""
    descriptor = os.dup(folder)
    for _ in range(levels):
        if beside is not None:
            beside(descriptor)
        os.mkdir("deep", dir_fd=descriptor)
        inner = os.open("deep", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    file = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor)
    os.write(file, bytes(1_000_000))
    os.close(file)
    os.close(descriptor)


@pytest.fixture
def few_descriptors():
    """Hardly any but for those that are open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(map(int, os.listdir("/proc/self/fd"))) + 50, hard))  # noqa: PTH208
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_measures_at_any_depth(parent, few_descriptors):
    make_deep(parent, 3000)
    counted = Counted()
    assert measure_tree(parent, 10**9, counted) > 1_000_000
    assert (counted.complete, counted.disturbed) == (True, False)
    remove_entry(parent, "deep")


def test_measures_what_lies_beside_on_the_way_back(parent, few_descriptors):
    def make_folder_with_file(folder):
        for name in ("a", "z"):
            os.mkdir(name, dir_fd=folder)
            inner = os.open(name, os.O_RDONLY, dir_fd=folder)
            os.close(os.open("file", os.O_CREAT, dir_fd=inner))
            os.close(inner)

    make_deep(parent, 100, beside=make_folder_with_file)
    counted = Counted()
    measure_tree(parent, 10**9, counted)
    assert counted.complete
    assert len(counted.inodes) == 1 + 100 * (1 + 2 * 2) + 1


class MovingFolder(Counted):
    """Moves a folder to another place when so many entries are counted."""

    def __init__(self, entries, source, target):
        super().__init__()
        self.entries, self.source, self.target = entries, source, target

    def add(self, status):
        if len(self.inodes) == self.entries:
            self.source.rename(self.target)
        return super().add(status)


def test_does_not_follow_a_folder_that_is_moved_out_meanwhile(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/large").write_bytes(bytes(5_000_000))
    (tmp_path / "tree/a").mkdir(parents=True)
    folder = os.open(tmp_path / "tree", os.O_RDONLY)
    make_deep(folder, 100)
    moved = tmp_path / "tree" / "/".join(["deep"] * 20)
    counted = MovingFolder(100, moved, tmp_path / "outside/moved")
    assert 1_000_000 < measure_tree(folder, 10**9, counted) < 4_000_000
    assert not counted.complete
    os.close(folder)


def test_notes_what_is_gone_before_it_is_looked_into(tmp_path):
    (tmp_path / "tree/a").mkdir(parents=True)
    (tmp_path / "tree/b").mkdir()
    (tmp_path / "other").mkdir()
    folder = os.open(tmp_path / "tree", os.O_RDONLY)
    for name in ("a", "b"):  # either may be listed first
        counted = MovingFolder(2, tmp_path / "tree" / name, tmp_path / "other" / name)
        measure_tree(folder, 10**9, counted)
        assert counted.disturbed
        (tmp_path / "other" / name).rename(tmp_path / "tree" / name)
    os.close(folder)


def test_a_removed_folder_is_empty(tmp_path):
    (tmp_path / "tree").mkdir()
    folder = os.open(tmp_path / "tree", os.O_RDONLY)
    (tmp_path / "tree").rmdir()
    counted = Counted()
    assert measure_tree(folder, 10**9, counted) == 0
    assert (counted.complete, counted.disturbed) == (True, False)
    empty_folder(folder)
    os.close(folder)


def test_counts_a_file_once_whatever_its_names_and_wherever_they_are(tmp_path, parent):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a/file").write_bytes(bytes(1_000_000))
    for number in range(70):
        (tmp_path / "ab"[number % 2] / str(number)).hardlink_to(tmp_path / "a/file")
    assert 1_000_000 < measure_tree(parent, 10**9) < 1_150_000
    counted = Counted()
    first = measure_entry(parent, "a", 10**9, counted)
    assert first > 1_000_000
    assert measure_entry(parent, "b", 10**9, counted) < 100_000


def test_names_without_end_come_to_the_limit_too(tmp_path, parent):
    (tmp_path / "file").touch()
    for number in range(1000):
        (tmp_path / str(number)).hardlink_to(tmp_path / "file")
    assert measure_tree(parent, 500_000) > 500_000


def test_empties_a_folder_wherever_it_was_moved(tmp_path):
    (tmp_path / "tree/a/b").mkdir(parents=True)
    (tmp_path / "tree/a/file").touch()
    folder = os.open(tmp_path / "tree", os.O_RDONLY)
    (tmp_path / "tree").rename(tmp_path / "moved")
    (tmp_path / "moved").chmod(0)
    empty_folder(folder)
    os.close(folder)
    assert list((tmp_path / "moved").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root removes the files of others")
def test_removes_what_a_stranger_writes_to_meanwhile(tmp_path, parent):
    """Two runs, each with its own uid, can work together: one opens its folder to the other."""
    owner, stranger = 65001, 65002
    for folder in (tmp_path, *tmp_path.parents):
        if Path(tempfile.gettempdir()) in folder.parents:  # its own rights are everybody's
            folder.chmod(0o755)
    (tmp_path / "tree").mkdir(mode=0o777)
    (tmp_path / "tree").chmod(0o777)
    os.chown(tmp_path / "tree", owner, owner)
    ready, started = os.pipe()
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(BaseException):
            os.setgroups([])
            os.setgid(stranger)
            os.setuid(stranger)
            write_for_ever(tmp_path / "tree", started)
        os._exit(1)
    try:
        os.read(ready, 1)
        remove_entry(parent, "tree")
        assert not (tmp_path / "tree").exists()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(ready)
        os.close(started)


def write_for_ever(tree, started):
    (tree / "own/inner").mkdir(parents=True)
    inner = os.open(tree / "own/inner", os.O_RDONLY)
    os.write(started, b"x")
    number = 0
    while True:
        number += 1
        for name, folder in ((f"{tree}/{number}", None), (f"{tree}/own/{number}", None), (str(number), inner)):
            with contextlib.suppress(OSError):
                os.close(os.open(name, os.O_CREAT, dir_fd=folder))
        with contextlib.suppress(OSError):
            os.fchmod(inner, 0o777)
