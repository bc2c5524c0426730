"""The folder of runs is there for the next run, and holds nothing of the last, whatever a program with our uid did."""

import contextlib
import errno
import os
import shutil
import stat
import struct
from pathlib import Path

import pytest

from livecode_runner.sandbox import Layer, Sandbox, SandboxBroken, SandboxFailed
from livecode_runner.sandbox.folders.measuring import Counted
from livecode_runner.sandbox.folders.removing import remove_entry
from livecode_runner.sandbox.folders.run_folders import BaseFolder


@pytest.fixture
def base(tmp_path):
    yield BaseFolder(str(tmp_path))
    root = os.open(tmp_path, os.O_RDONLY)
    for entry in tmp_path.iterdir():  # deeper than pytest removes
        remove_entry(root, entry.name)
    os.close(root)


@pytest.fixture
def path(tmp_path, base):
    return tmp_path / f"livecode-runner-{os.geteuid()}"


def hide_deeply(path):
    top = path.with_name("top")
    top.mkdir()
    descriptor = os.open(top, os.O_RDONLY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=descriptor)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    path.rename(path.with_name("short"))
    os.rename(path.with_name("short"), "buried", dst_dir_fd=descriptor)
    os.close(descriptor)


def remove_and_impersonate(path):
    shutil.rmtree(path)
    impersonate(path)


def replace(path, make):
    path.rename(path.with_name("moved"))
    make(path)


def impersonate(path):
    (path / "run-0000").mkdir(parents=True)
    (path / "uid-5.lock").write_text("x")
    (path / "run-0000").chmod(0)
    path.chmod(0o777)


def pretend_to_be_deleted(path):
    shutil.rmtree(path)
    impersonate(path.with_name(f"{path.name} (deleted)"))


HARM = [
    pytest.param(lambda path: None, id="nothing"),
    pytest.param(shutil.rmtree, id="removed"),
    pytest.param(lambda path: path.rename(path.with_name("moved")), id="renamed"),
    pytest.param(lambda path: path.chmod(0), id="closed"),
    pytest.param(lambda path: replace(path, Path.touch), id="a file"),
    pytest.param(lambda path: replace(path, lambda place: place.symlink_to("/etc")), id="a link"),
    pytest.param(lambda path: replace(path, os.mkfifo), id="a fifo"),
    pytest.param(lambda path: replace(path, impersonate), id="another folder"),
    pytest.param(remove_and_impersonate, id="removed, and another folder"),
    pytest.param(pretend_to_be_deleted, id="another folder that is named like a deleted one"),
    pytest.param(hide_deeply, id="moved deeper than a path can say"),
]


@pytest.mark.parametrize("harm", HARM)
def test_the_next_run_has_a_folder_and_finds_nothing(base, path, harm):
    folder = base.make_run(None)
    folder.write("main.py", b"x")
    harm(path)
    base.remove_run(folder)
    assert (path.is_symlink(), stat.S_IMODE(path.stat().st_mode), list(path.iterdir())) == (False, 0o711, [])
    folder = base.make_run(None)
    folder.write("main.py", b"x")
    assert Path(folder.work, "main.py").read_text() == "x"
    base.remove_run(folder)
    assert list(path.iterdir()) == []


@pytest.mark.parametrize("harm", HARM)
def test_a_runner_that_starts_after_one_that_was_killed_has_a_folder(base, path, tmp_path, harm):
    base.make_run(None)
    harm(path)
    if os.geteuid() == 0 and path.exists() and (path.is_symlink() or not path.is_dir()):
        with pytest.raises(SandboxFailed, match="Not a directory"):  # no program has root's uid: somebody else was it
            BaseFolder(str(tmp_path))
        return
    following = BaseFolder(str(tmp_path))
    following.remove_abandoned()
    folder = following.make_run(None)
    folder.write("main.py", b"x")
    following.remove_run(folder)


@pytest.mark.parametrize("harm", HARM)
def test_runners_of_one_uid_come_to_the_same_folder(base, path, tmp_path, harm):
    other = BaseFolder(str(tmp_path))
    folder = base.make_run(None)
    harm(path)
    for each in (base, other, base):
        each.restore(shared_uid=True)
    running = other.make_run(None)
    base.remove_run(folder)
    base.restore(shared_uid=True)
    assert Path(running.work).parent.parent == path
    assert Path(running.work).is_dir(), "the folder of a run is removed while it is in use"
    other.remove_run(running)
    assert list(path.iterdir()) == []


def test_a_run_under_way_stays_where_it_is(base, path, tmp_path):
    other = BaseFolder(str(tmp_path))
    running = other.make_run(None)
    folder = base.make_run(None)
    replace(path, impersonate)
    base.remove_run(folder)
    assert Path(running.work).is_dir()
    assert [entry.name for entry in path.iterdir()] == [Path(running.path).name]
    other.remove_run(running)


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda place: place.write_text("x"), id="a file"),
        pytest.param(lambda place: (place / "a").mkdir(parents=True), id="a folder"),
        pytest.param(lambda place: place.symlink_to("/etc"), id="a link"),
        pytest.param(os.mkfifo, id="a fifo"),
    ],
)
@pytest.mark.parametrize("name", ["uid-5.lock", "uid-60100.lock", "run-0123456789abcdef", "\udcff\n"])
def test_nothing_in_it_is_ours_but_what_is_locked(base, path, make, name):
    folder = base.make_run(None)
    make(path / name)
    base.remove_run(folder)
    assert list(path.iterdir()) == []


def test_a_folder_that_was_moved_away_is_removed_there(base, tmp_path):
    (tmp_path / "older").mkdir()
    folder = base.make_run(None)
    folder.write("main.py", b"x")
    Path(folder.path).rename(tmp_path / "older/moved")
    base.remove_run(folder)
    assert list((tmp_path / "older").iterdir()) == []


def test_attributes_that_later_folders_inherit_are_taken_away(base, path, tmp_path):
    folder = base.make_run(None)
    entries = ((1, 0), (4, 0), (16, 0), (32, 0))  # acl(5): owner, group, mask, others
    nothing = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", tag, rights, 0xFFFFFFFF) for tag, rights in entries)
    for place in (path, tmp_path):
        tmp_path.chmod(0o750)
        try:
            os.setxattr(place, "system.posix_acl_default", nothing)
            os.setxattr(place, "user.message", b"x")
        except OSError as error:
            if error.errno != errno.EOPNOTSUPP:
                raise
        place.chmod(0o300)
    base.remove_run(folder)
    assert [name for place in (path, tmp_path) for name in os.listxattr(place)] == []
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    folder = base.make_run(None)
    assert stat.S_IMODE(Path(folder.work).stat().st_mode) == 0o700
    base.remove_run(folder)


def test_counts_what_lies_beside_the_folder(base, path):
    folder = base.make_run(None)
    folder.write("main.py", bytes(10_000))
    alone = folder.measure(10**9, Counted())
    (path / "uid-5.lock").write_bytes(bytes(1_000_000))
    (path / "run-0/deep").mkdir(parents=True)
    (path / "run-0/deep/file").write_bytes(bytes(1_000_000))
    (path / "run-0/link").hardlink_to(Path(folder.work, "main.py"))
    assert 2_000_000 < folder.measure(10**9, Counted()) - alone < 2_050_000
    base.remove_run(folder)


@pytest.mark.parametrize("harm", HARM)
def test_counting_raises_nothing_and_counts_once(base, path, harm):
    folder = base.make_run(None)
    folder.write("main.py", bytes(1_000_000))
    harm(path)
    counted = Counted()
    assert folder.measure(10**9, counted) < 1_100_000
    base.remove_run(folder)


def test_counts_what_is_put_in_the_place_of_the_base(base, path):
    folder = base.make_run(None)
    path.rename(path.with_name("moved"))
    path.mkdir()
    (path / "file").write_bytes(bytes(1_000_000))
    assert folder.measure(10**9, Counted()) > 1_000_000
    base.remove_run(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_says_that_it_is_broken_where_its_place_is_taken_by_others(base, path, tmp_path):
    replace(path, Path.mkdir)
    os.chown(path, 65534, 65534)
    with pytest.raises(SandboxBroken, match="not ours"):
        base.restore(shared_uid=True)
    with pytest.raises(SandboxFailed, match="not ours"):
        BaseFolder(str(tmp_path))


class BaseFolderThatKeepsFiles(BaseFolder):
    def remove_run(self, folder):
        super().remove_run(folder)
        raise PermissionError(errno.EPERM, "Operation not permitted")


@pytest.mark.parametrize(("base_class", "next_is_refused"), [(BaseFolder, False), (BaseFolderThatKeepsFiles, True)])
def test_a_result_stands_whose_files_stay_but_no_run_follows(tmp_path, base_class, next_is_refused):
    layers = dict.fromkeys(Layer, False) | {Layer.LAUNCHER: True}
    base = base_class(str(tmp_path))
    sandbox = Sandbox(path="/usr/bin:/bin", base=base, layers=layers, clean=False, cgroups=None)
    ended = []
    with pytest.raises(SandboxBroken) if next_is_refused else contextlib.nullcontext(), sandbox.open_run() as run:
        ended.append(Path(run.folder.work).is_dir())
    assert ended == [True]
    if not next_is_refused:
        with sandbox.open_run():
            return
    with pytest.raises(SandboxBroken, match="cannot be removed"), sandbox.open_run():
        pytest.fail("it runs in what another has left")
