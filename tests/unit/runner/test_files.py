"""Trees of strangers are measured and removed without following a link out of them."""

import os

import pytest

from livecode_runner.sandbox.files import measure_tree, remove_entry


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
