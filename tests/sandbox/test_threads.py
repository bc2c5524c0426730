"""A process whose main thread has ended while others live on is watched, and wronged, no more than any other."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from livecode.domain import Status

_CHILDREN = """
import ctypes, os, platform, threading, time
def live_on():
    time.sleep(1)
    os._exit(0)
for _ in range(4):
    if os.fork() == 0:
        threading.Thread(target=live_on).start()
        ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)  # exit: this thread alone
time.sleep(1.2)
print('end')
"""


@pytest.fixture
def busy_neighbour(runner) -> Iterator[None]:
    """Writes to the disk of the runs, more than a run may, again and again."""
    folder, stopped = Path(tempfile.mkdtemp(dir=runner.root)), threading.Event()

    def write() -> None:
        for n in range(40):
            (folder / f"{n}").write_bytes(bytes(6_000_000))
            if stopped.wait(0.05):
                return

    thread = threading.Thread(target=write)
    thread.start()
    yield
    stopped.set()
    thread.join()
    shutil.rmtree(folder)


def test_is_not_blamed_for_the_files_of_others(runner, monkeypatch, busy_neighbour):
    monkeypatch.setattr(runner, "left_files", list)  # the neighbour's are there
    outcome = runner.run("python", _CHILDREN, file_size_mib=4)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (Status.COMPLETED, "end\n", "")


def test_may_read_its_input_and_print(runner):
    source_code = """
import ctypes, os, platform, sys, threading
def live_on():
    print(repr(sys.stdin.read()), flush=True)
    os._exit(3)
threading.Thread(target=live_on).start()
ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)
"""
    outcome = runner.run("python", source_code)
    assert (outcome.stdout, outcome.exit_code) == ("''\n", 3)
