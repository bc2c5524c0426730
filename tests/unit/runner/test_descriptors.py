"""Deleted files that are open count, unless they were counted by a name that they had a moment ago."""

import os

from livecode_runner.sandbox.folders.measuring import Counted, measure_tree
from livecode_runner.sandbox.kernel.descriptors import measure_deleted_files


def test_a_file_that_loses_its_name_while_we_look_counts_once(tmp_path):
    folder, counted = os.open(tmp_path, os.O_RDONLY), Counted()
    with (tmp_path / "file").open("wb", buffering=0) as file, (tmp_path / "other").open("wb", buffering=0) as other:
        file.write(bytes(1_000_000))
        assert measure_tree(folder, 10**9, counted) > 1_000_000
        (tmp_path / "file").unlink()
        (tmp_path / "other").unlink()
        other.write(bytes(3_000_000))
        inodes = {(status.st_dev, status.st_ino) for status in map(os.fstat, (file.fileno(), other.fileno()))}
        before = measure_deleted_files([os.getpid()], None, [str(tmp_path)], inodes).disk_bytes
        held = measure_deleted_files([os.getpid()], None, [str(tmp_path)], counted.inodes - {inode_of(other)})
        assert 3_000_000 <= held.disk_bytes - before < 3_100_000
    os.close(folder)


def inode_of(file):
    status = os.fstat(file.fileno())
    return status.st_dev, status.st_ino
