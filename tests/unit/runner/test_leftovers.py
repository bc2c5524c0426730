"""What a run left in shared folders is told from what was there, counted once, and removed."""

import os
import shutil
import stat

import pytest

from livecode_runner.sandbox.ending.leftovers import Leftovers
from livecode_runner.sandbox.folders.measuring import Counted, measure_tree
from livecode_runner.sandbox.folders.run_folders import FIRST_UID


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir(mode=0o755)
    folder.chmod(0o1777)
    (folder / "older").write_bytes(bytes(1_000_000))
    return folder


@pytest.fixture
def leftovers(shared):
    return Leftovers.note_existing([str(shared), f"{shared}/missing"], None)


def test_counts_and_removes_what_is_new(shared, leftovers):
    (shared / "new/a").mkdir(parents=True)
    (shared / "new/a/file").write_bytes(bytes(1_000_000))
    assert 1_000_000 < leftovers.measure(10**9, Counted()) < 1_050_000
    leftovers.remove()
    assert [path.name for path in shared.iterdir()] == ["older"]


def test_counts_a_file_once_that_has_a_name_in_the_folder_of_the_run_too(tmp_path, shared, leftovers):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/file").write_bytes(bytes(1_000_000))
    (shared / "link").hardlink_to(tmp_path / "run/file")
    run, counted = os.open(tmp_path / "run", os.O_RDONLY), Counted()
    assert measure_tree(run, 10**9, counted) > 1_000_000
    assert leftovers.measure(10**9, counted) < 10_000
    os.close(run)


def test_stops_counting_over_the_limit(shared, leftovers):
    for number in range(100):
        (shared / str(number)).touch()
    assert 10_000 < leftovers.measure(10_000, Counted()) < 12_000


def test_a_folder_that_is_gone_while_it_is_counted_is_no_failure(shared, leftovers):
    shutil.rmtree(shared)
    counted = Counted()
    assert leftovers.measure(10**9, counted) == 0
    assert counted.disturbed


def test_gives_a_folder_of_ours_its_rights_back(shared, leftovers):
    (shared / "new").touch()
    os.setxattr(shared, "user.message", b"x")
    shared.chmod(0)
    leftovers.remove()
    assert stat.S_IMODE(shared.stat().st_mode) == 0o1777
    assert os.listxattr(shared) == []
    assert [path.name for path in shared.iterdir()] == ["older"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_counts_and_removes_what_a_uid_has_in_folders_that_everybody_may_write_to(shared):
    uid, other = FIRST_UID, FIRST_UID + 1
    kept = [shared / "older", shared / "open", shared / "open/deeper", shared / "open/deeper/other", shared / "run"]
    for folder in (shared / "open", shared / "open/deeper", shared / "closed", shared / "run"):
        folder.mkdir()
        folder.chmod(0o755 if folder.name == "closed" else 0o1777)
    for name in ("new", "open/new", "open/deeper/new", "open/deeper/other", "closed/new", "run/new"):
        (shared / name).write_bytes(bytes(1_000_000))
        os.chown(shared / name, uid if name.endswith("new") else other, -1)
    os.chown(shared / "run", other, -1)  # another run's: it goes as a whole when that ends
    kept += [shared / "closed", shared / "closed/new", shared / "run/new"]
    leftovers = Leftovers.note_existing([str(shared)], uid)
    assert 3_000_000 < leftovers.measure(10**9, Counted()) < 3_050_000
    leftovers.remove()
    assert sorted(shared.rglob("*")) == sorted(kept)
