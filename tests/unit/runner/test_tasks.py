"""Memory and descriptors that tasks share are told from those that they do not."""

import subprocess
import sys

import pytest

from livecode_runner.sandbox.kernel.tasks import Shared, can_compare, distinct_tasks, resident_bytes, task_with_memory

_HOLDER = """
import ctypes, os, platform, sys, threading, time
libc = ctypes.CDLL(None)
def hold():
    if sys.argv[1] == "own descriptors":
        libc.syscall({"x86_64": 272, "aarch64": 97}[platform.machine()], 0x400)  # unshare: CLONE_FILES
    print(threading.get_native_id(), flush=True)
    time.sleep(60)
threading.Thread(target=hold).start()
if sys.argv[1] == "main thread ends":
    libc.syscall({"x86_64": 60, "aarch64": 93}[platform.machine()], 0)
time.sleep(60)
"""


@pytest.fixture
def holder(request):
    """A process with two threads; its id, and that of the second thread."""
    process = subprocess.Popen([sys.executable, "-c", _HOLDER, request.param], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.pid, int(process.stdout.readline())
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("holder", ["main thread ends"], indirect=True)
def test_finds_the_memory_of_a_process_whose_main_thread_has_ended(holder):
    pid, thread = holder
    while task_with_memory(pid) == pid:  # until it has
        pass
    assert task_with_memory(pid) == thread
    assert resident_bytes(pid) > 1_000_000


@pytest.mark.parametrize("holder", ["nothing special"], indirect=True)
def test_threads_share_memory_and_descriptors(holder):
    assert can_compare(holder)
    assert len(distinct_tasks(holder, Shared.MEMORY)) == 1
    assert len(distinct_tasks(holder, Shared.DESCRIPTORS)) == 1


@pytest.mark.parametrize("holder", ["own descriptors"], indirect=True)
def test_tells_a_table_of_descriptors_of_ones_own(holder):
    assert len(distinct_tasks(holder, Shared.MEMORY)) == 1
    assert sorted(distinct_tasks(holder, Shared.DESCRIPTORS)) == sorted(holder)


def test_processes_share_nothing():
    children = [subprocess.Popen(["sleep", "60"]) for _ in range(5)]
    pids = [child.pid for child in children]
    try:
        assert sorted(distinct_tasks([*pids, *pids], Shared.MEMORY)) == sorted(pids)
    finally:
        for child in children:
            child.kill()
            child.wait()


def test_there_is_nothing_of_a_process_that_is_gone():
    child = subprocess.Popen(["true"])
    child.wait()
    assert (resident_bytes(child.pid), task_with_memory(child.pid)) == (0, child.pid)
