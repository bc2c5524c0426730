"""Where there is privilege, a run sees nothing but itself, and ends as a whole."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

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


def test_has_temporary_folders_of_its_own(runner: RunnerProcess, needs: Callable[[str], None]) -> None:
    """They are its own folder, so what is in them is measured and removed with it."""
    needs("mount_namespace")
    source_code = """
import os, tempfile
print(sorted(set(os.listdir('/tmp')) & {'work', 'home'}), os.path.samefile('/tmp', '/var/tmp'), os.getcwd())
names = os.listdir('/tmp') + os.listdir('/var/tmp')
print([name for name in names if name.startswith(('livecode-runner', 'pytest'))])
open('/tmp/a', 'w').write('x'); os.rename('/tmp/a', 'b'); os.rename('b', os.path.join(tempfile.gettempdir(), 'c'))
os.mkdir('/var/tmp/d'); os.rename('/var/tmp/d', '/var/tmp/e'); os.rmdir('/tmp/e')
"""
    outcome = runner.run("python", source_code)
    assert (outcome.stdout, outcome.stderr) == ("['home', 'work'] True /tmp/work\n[]\n", "")


@pytest.mark.parametrize("place", ["/tmp", "/var/tmp", "/tmp/home", "/dev/shm"])
def test_counts_files_wherever_they_are(runner: RunnerProcess, needs: Callable[[str], None], place: str) -> None:
    needs("mount_namespace")
    source_code = f"""
import time
for n in range(40): open(f'{place}/{{n}}', 'wb').write(bytes(1_000_000))
time.sleep(20)
"""
    outcome = runner.run("python", source_code, file_size_mib=16)
    assert outcome.reason is Reason.RUNTIME_ERROR
    assert "No space left" in outcome.stderr if place == "/dev/shm" else "16 MiB of files" in outcome.stderr


def test_leaves_what_a_compiler_put_in_them_to_the_program(runner: RunnerProcess) -> None:
    source_code = """
#include <cstdio>
#include "/tmp/work/main.h"
int main() {}
"""
    outcome = runner.run("c++", source_code)
    assert "main.h" in outcome.compile_output
    assert "/tmp" not in outcome.compile_output


WHO = {
    "python": "import grp, os, pwd, pathlib\nu = pwd.getpwuid(os.getuid()); print(u.pw_name == os.environ['USER'] == os.environ['LOGNAME'] == pwd.getpwnam(u.pw_name).pw_name, u.pw_dir == os.environ['HOME'], pathlib.Path('main.py').owner() == u.pw_name == pathlib.Path('main.py').group(), grp.getgrgid(os.getgid()).gr_gid == os.getgid(), pwd.getpwuid(0).pw_name)",
    "javascript": "const o = require('os'), u = o.userInfo(); console.log(u.username === process.env.USER ? 'True' : u.username, u.homedir === o.homedir() ? 'True' : u.homedir, u.uid === process.getuid() ? 'True' : '', u.shell === '/bin/sh' ? 'True' : '', 'root');",
}


@pytest.mark.parametrize("language", WHO)
def test_knows_its_user(runner: RunnerProcess, needs: Callable[[str], None], language: str) -> None:
    needs("mount_namespace")
    outcome = runner.run(language, WHO[language])
    assert (outcome.stdout, outcome.stderr) == ("True True True True root\n", "")


@pytest.mark.parametrize("place", ["/tmp", "/var/lib"])
def test_keeps_what_programs_need_of_the_machines_temporary_folder(place: str) -> None:
    """Such as an interpreter that is installed there, or a link there to where it is installed."""
    with (
        tempfile.TemporaryDirectory(prefix="livecode-tools-", dir="/tmp") as folder,
        tempfile.TemporaryDirectory(prefix="livecode-tools-", dir=place) as installed,
    ):
        tools, root = Path(installed, "tools/bin"), Path(folder, "root")
        for each in (Path(folder), Path(installed), tools, root):
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(0o755)
        (tools / "python3").symlink_to("/usr/bin/python3")
        (tools / "hello").write_text("#!/bin/sh\necho hello\n")
        (tools / "hello").chmod(0o755)
        Path(folder, "link").symlink_to(tools)
        runner = RunnerProcess("own_uid", f"{folder}/link:/usr/bin:/bin", None, str(root))
        source_code = "import subprocess, sys\nsubprocess.run(['hello']); print(sys.executable, flush=True)"
        outcome = runner.run("python", source_code)
        runner.stop()
    assert sorted(outcome.stdout.splitlines()) == [f"{folder}/link/python3", "hello"]


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
