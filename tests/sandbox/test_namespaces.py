"""Where there is privilege, a run sees nothing but itself, and ends as a whole."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from livecode.domain import Reason, Status
from tests.sandbox.conftest import IS_ROOT, RunnerProcess

pytestmark = pytest.mark.skipif(not IS_ROOT, reason="namespaces need root")


@pytest.fixture
def runner(runners: Callable[[str], RunnerProcess]) -> RunnerProcess:
    return runners("own_uid")


@pytest.fixture
def needs(runner: RunnerProcess) -> Callable[[str], None]:
    """Root in a container may lack them: then the attacks' test of layers says whether it should have them."""

    def check(layer: str) -> None:
        if not runner.layers[layer]:
            pytest.skip(f"no {layer} can be had here")

    return check


def test_sees_its_own_processes_alone(runner: RunnerProcess, needs: Callable[[str], None]) -> None:
    needs("pid_namespace")
    needs("mount_namespace")
    source_code = "import os\nprint([name for name in os.listdir('/proc') if name.isdigit()], os.getpid())"
    assert runner.run("python", source_code).stdout == "['2'] 2\n"


def test_has_no_network_device_but_its_own_loopback(runner: RunnerProcess, needs: Callable[[str], None]) -> None:
    needs("network_namespace")
    source_code = "print([line.split(':')[0].strip() for line in open('/proc/net/dev') if ':' in line])"
    assert runner.run("python", source_code).stdout == "['lo']\n"


def test_has_shared_memory_of_its_own(runner: RunnerProcess, needs: Callable[[str], None]) -> None:
    needs("mount_namespace")
    mark = f"livecode-test-{os.getpid()}"
    Path("/dev/shm", mark).touch()
    try:
        source_code = f"import os\nprint(os.listdir('/dev/shm'))\nopen('/dev/shm/{mark}-2', 'w').close()"
        assert runner.run("python", source_code).stdout == "[]\n"
        assert not Path("/dev/shm", f"{mark}-2").exists()
    finally:
        Path("/dev/shm", mark).unlink()


@pytest.mark.parametrize("statement", ["os.abort()", "os.kill(os.getpid(), 15)", "os.kill(0, 9)"])
def test_dies_of_its_own_signals_as_anywhere(runner: RunnerProcess, statement: str) -> None:
    """As process 1 it would not."""
    outcome = runner.run("python", f"import os\n{statement}")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.RUNTIME_ERROR)
    assert outcome.signal in {"SIGABRT", "SIGTERM", "SIGKILL"}


def test_ends_children_that_a_program_made_its_runners(toolchain_path: str) -> None:
    """The filter forbids it; without the filter the namespace would wait for them for ever."""
    with tempfile.TemporaryDirectory(prefix="livecode-runs-") as root:
        Path(root).chmod(0o755)
        runner = RunnerProcess("own_uid", toolchain_path, None, root, without=("seccomp",))
        source_code = "import ctypes\nprint(ctypes.CDLL(None).syscall(56, 0x8000 | 17, 0, 0, 0, 0) >= 0, flush=True)"
        assert runner.run("python", source_code).stdout == "True\n" * 2
        assert runner.run("python", "print(1)").stdout == "1\n"
        runner.stop()


def test_counts_the_time_of_daemons(runner: RunnerProcess) -> None:
    """Nobody in the run waits for them."""
    outcome = runner.run(
        "python",
        """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: pass
    os._exit(0)
time.sleep(1)
""",
    )
    assert outcome.status is Status.COMPLETED
    assert outcome.cpu_time_ms is not None
    assert outcome.cpu_time_ms > 100


def test_memory_that_is_nobodys_counts_where_there_is_a_cgroup(runner: RunnerProcess) -> None:
    """Elsewhere the size of its /dev/shm bounds it."""
    source_code = "open('/dev/shm/big', 'wb').write(bytes(90_000_000))"
    outcome = runner.run("python", source_code, run_memory_mib=96, file_size_mib=160)
    if runner.layers["cgroup"]:
        assert outcome.reason is Reason.MEMORY_LIMIT_EXCEEDED
        assert outcome.memory_kb is not None
        assert outcome.memory_kb >= 96 * 1024
    else:
        assert outcome.reason in {None, Reason.MEMORY_LIMIT_EXCEEDED}


@pytest.fixture
def doomed(runners: Callable[[str], RunnerProcess], toolchain_path: str) -> Iterator[RunnerProcess]:
    """A runner that a test may kill."""
    root = tempfile.mkdtemp(prefix="livecode-runs-")
    Path(root).chmod(0o755)
    runner = RunnerProcess("own_uid", toolchain_path, None, root)
    yield runner
    runner.kill()
    shutil.rmtree(root)


def test_ends_as_a_whole_with_its_runner(doomed: RunnerProcess, needs: Callable[[str], None]) -> None:
    needs("pid_namespace")
    mark = f"{os.getpid()}.25"
    sleep = f"['sleep', '{mark}']"
    doomed.submit(
        "python", f"import subprocess\nsubprocess.Popen({sleep}, start_new_session=True)\nsubprocess.run({sleep})"
    )

    def alive() -> int:
        found = 0
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                found += path.read_bytes() == f"sleep\0{mark}\0".encode()
        return found

    deadline = time.monotonic() + 30
    while alive() < 2:
        assert time.monotonic() < deadline, "the program does not start"
        time.sleep(0.01)
    os.kill(doomed.pid, signal.SIGKILL)
    while alive():
        assert time.monotonic() < deadline, "the run outlives its runner"
        time.sleep(0.01)
