"""The state folder: who may enter, who holds it, and how it goes."""

import stat

import pytest

from livecode_embedded.errors import StackError
from livecode_embedded.state import (
    StateLock,
    open_state_folder,
    reachable_by_others,
    remove_state_folder,
    write_private,
)


def test_only_one_stack_holds_a_folder(tmp_path):
    with StateLock(tmp_path), pytest.raises(StackError, match="already runs"), StateLock(tmp_path):
        pass
    with StateLock(tmp_path):
        pass


def test_a_folder_in_use_is_not_removed(tmp_path):
    folder = tmp_path / "state"
    folder.mkdir()
    with StateLock(folder):
        with pytest.raises(StackError, match="already runs"):
            remove_state_folder(folder)
        assert folder.exists()
    remove_state_folder(folder)
    assert not folder.exists()
    remove_state_folder(folder)


def test_a_link_whose_target_has_gone_is_made_whole(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    assert open_state_folder(link) == target
    assert target.is_dir()
    remove_state_folder(link)
    assert not target.exists()
    assert not link.is_symlink()


def test_others_reach_what_every_folder_above_lets_through(tmp_path):
    folder = tmp_path / "a"
    folder.mkdir(mode=0o755)
    file = folder / "b"
    file.touch(mode=0o755)
    assert reachable_by_others(file) == reachable_by_others(tmp_path)
    folder.chmod(0o700)
    assert not reachable_by_others(file)
    assert not reachable_by_others(folder)


def test_private_files_are_their_owners_alone(tmp_path):
    file = tmp_path / "secret"
    for text in ("first", "second"):
        write_private(file, text)
        assert file.read_text() == text
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]
