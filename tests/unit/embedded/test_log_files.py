"""Log files: what is kept as they grow, and that a full disk disturbs nobody."""

from pathlib import Path

import pytest

from livecode_embedded.log_files import KEPT, RotatingLog, trim
from livecode_embedded.logs import FunctionLogs, Terminal


def test_keeps_the_newest_lines_in_a_bounded_number_of_files(tmp_path):
    path = tmp_path / "ApiFunction.log"
    log = RotatingLog(path, file_bytes=100)
    for number in range(100):
        log.write(f"line {number:03d}")  # nine bytes: eleven to a file
    log.close()
    files = [path.with_name(f"{path.name}.{number}") for number in range(KEPT, 0, -1)] + [path]
    assert sorted(tmp_path.iterdir()) == sorted(files)
    assert all(file.stat().st_size <= 100 for file in files)
    lines = "".join(file.read_text() for file in files).splitlines()
    assert lines == [f"line {number:03d}" for number in range(100 - len(lines), 100)]
    assert len(lines) > 11 * KEPT


def test_counts_what_an_earlier_start_has_written(tmp_path):
    path = tmp_path / "ApiFunction.log"
    path.write_text("x" * 95 + "\n")
    log = RotatingLog(path, file_bytes=100)
    log.write("a new line")
    log.close()
    assert path.read_text() == "a new line\n"


def test_takes_a_line_that_is_longer_than_a_file_may_be(tmp_path):
    path = tmp_path / "ApiFunction.log"
    log = RotatingLog(path, file_bytes=10)
    for number in range(3):
        log.write(str(number) * 50)
    log.close()
    assert path.read_text() == "2" * 50 + "\n"


def test_a_full_disk_raises_nothing_and_is_told_once():
    said: list[str] = []
    log = RotatingLog(Path("/dev/full"), warn=said.append)
    for _ in range(3):
        log.write("a line")
    log.close()
    assert said == ["/dev/full cannot be written (No space left on device); its lines are lost until it can"]


def test_writes_on_when_there_is_room_again(tmp_path):
    said: list[str] = []
    folder = tmp_path / "logs"
    log = RotatingLog(folder / "ApiFunction.log", warn=said.append)
    log.write("lost: there is no such folder")
    folder.mkdir()
    log.write("kept")
    log.close()
    assert (folder / "ApiFunction.log").read_text() == "kept\n"
    assert len(said) == 1


@pytest.mark.parametrize(("size", "left"), [(100, 100), (101, 0)])
def test_empties_what_another_process_appends_to(tmp_path, size, left):
    path = tmp_path / "postgres.log"
    with path.open("ab") as theirs:
        theirs.write(b"x" * size)
        theirs.flush()
        trim(path, file_bytes=100)
        assert path.stat().st_size == left
        theirs.write(b"more")
    assert path.stat().st_size == left + 4
    assert (tmp_path / "postgres.log.1").exists() == (left == 0)


def test_a_function_s_log_goes_to_a_file_of_its_name(tmp_path):
    logs = FunctionLogs(tmp_path / "logs", terminal=Terminal())
    logs.sink("ApiFunction")("\ud800 is no UTF-8")
    logs.close()
    assert (tmp_path / "logs" / "ApiFunction.log").read_text() == "? is no UTF-8\n"
