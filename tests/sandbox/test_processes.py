"""No process outlives its run, and none can touch the runner."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

import time
from pathlib import Path

import pytest

from livecode.domain import Reason, Status

DAEMON = """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        {body}
    os._exit(0)
print('done', flush=True)
"""


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param("import subprocess; subprocess.Popen(['sleep', '600']); print('done')", id="child holds the pipe"),
        pytest.param(
            "import subprocess; subprocess.Popen(['sleep', '600'], start_new_session=True); print('done')", id="setsid"
        ),
        pytest.param(DAEMON.format(body="time.sleep(600)"), id="double fork"),
        pytest.param(
            DAEMON.format(body="os.close(0); os.close(1); os.close(2); time.sleep(600)"), id="closes its output"
        ),
        pytest.param(DAEMON.format(body="os.kill(os.getpid(), 19)"), id="stopped"),
        pytest.param(
            DAEMON.format(body="[os.setsid() for _ in () ]\n        while True: print('x' * 1000)"),
            id="floods after the end",
        ),
        pytest.param(
            DAEMON.format(body="import ctypes; ctypes.CDLL(None).prctl(4, 0); time.sleep(600)"), id="non-dumpable"
        ),
        pytest.param(
            "import os, time\nfor _ in range(20):\n    if os.fork() == 0: os.setsid(); time.sleep(600)\nprint('done')",
            id="many sessions",
        ),
    ],
)
def test_ends_what_a_program_leaves_behind(run_python, source_code):
    outcome = run_python(source_code)
    assert (outcome.status, outcome.stdout[:5]) == (Status.COMPLETED, "done\n")
    assert outcome.execution_time_ms < 10_000


def test_survives_a_fork_bomb(run_python):
    source_code = """
import os
while True:
    try: os.fork()
    except OSError: pass
"""
    outcome = run_python(source_code, run_wall_time_seconds=1)
    assert outcome.status is Status.TIMEOUT


def test_survives_a_fork_bomb_whose_first_process_is_gone(run_python):
    source_code = """
import os
if os.fork() == 0:
    os.setsid()
    while True:
        try: os.fork()
        except OSError: pass
print('done')
"""
    outcome = run_python(source_code)
    assert (outcome.status, outcome.stdout) == (Status.COMPLETED, "done\n")


def test_limits_processes_and_threads(run_cpp, run_python):
    source_code = """
#include <thread>
#include <vector>
#include <chrono>
int main() {
    std::vector<std::thread> threads;
    for (int i = 0; i < 10000; i++)
        threads.emplace_back([] { std::this_thread::sleep_for(std::chrono::seconds(60)); });
}
"""
    outcome = run_cpp(source_code)
    assert (outcome.signal, outcome.reason) == ("SIGABRT", Reason.RUNTIME_ERROR)
    assert "std::system_error" in outcome.stderr
    count = "import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(60)\n        n += 1\nexcept OSError: print(n)"
    assert 30 <= int(run_python(count).stdout) <= 64


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("os.kill({runner}, 9)", id="kill"),
        pytest.param("os.kill({runner}, 19)", id="stop"),
        pytest.param("os.kill(os.getppid() or 1, 9)", id="parent"),
        pytest.param("os.killpg(os.getpgid({runner}), 9)", id="group"),
        pytest.param("os.kill(1, 9)", id="init"),
        pytest.param("signal.pidfd_send_signal(os.pidfd_open({runner}), 9)", id="pidfd"),
        pytest.param("check(libc.syscall(234, {runner}, {runner}, 9))", id="tgkill"),
        pytest.param("check(libc.syscall(129, {runner}, 9, bytes(128)))", id="sigqueue"),
        pytest.param("resource.prlimit({runner}, resource.RLIMIT_NOFILE, (0, 0))", id="prlimit"),
        pytest.param("os.setpriority(os.PRIO_PROCESS, {runner}, 19)", id="priority"),
        pytest.param(
            "os.setpriority(os.PRIO_USER, {uid}, 19); open('/proc/{runner}/mem', 'rb')", id="priority of the uid"
        ),
        pytest.param("os.sched_setaffinity({runner}, [0])", id="affinity"),
        pytest.param("os.sched_setscheduler({runner}, os.SCHED_IDLE, os.sched_param(0))", id="scheduler"),
        pytest.param("open('/proc/{runner}/environ', 'rb').read()", id="environment"),
        pytest.param("open('/proc/{runner}/mem', 'rb').read(1)", id="memory"),
        pytest.param("os.listdir('/proc/{runner}/fd')", id="descriptors"),
        pytest.param("open('/proc/{runner}/maps').read(1)", id="maps"),
        pytest.param("open('/proc/{runner}/oom_score_adj', 'w').write('1000')", id="OOM score"),
        pytest.param("check(libc.ptrace(16, {runner}, 0, 0))", id="ptrace"),
        pytest.param("fcntl.fcntl(0, fcntl.F_SETOWN, {runner}); os.kill({runner}, 0)", id="SIGIO"),
        pytest.param("check(libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0))", id="child of the runner"),
        pytest.param("resource.setrlimit(resource.RLIMIT_NPROC, (100_000, 100_000))", id="raises its limits"),
        pytest.param("os.nice(-20)", id="raises its priority"),
    ],
)
def test_cannot_touch_the_runner(run_python, runner, statement):
    source_code = f"""
import ctypes, fcntl, os, resource, signal
libc = ctypes.CDLL(None, use_errno=True)
def check(result):
    if result < 0: raise OSError(ctypes.get_errno(), 'denied')
try:
    {statement.format(runner=runner.pid, uid=runner.uid)}
except (OSError, ValueError):
    print('denied')
"""
    outcome = run_python(source_code)
    assert outcome.stdout == "denied\n"


def test_kill_of_everything_kills_at_most_itself(run_python, runner):
    outcome = run_python("import os\ntry: os.kill(-1, 9)\nexcept OSError: print('denied')")
    # The kernel spares whoever asks (kill(2)); in a PID namespace there is nobody else.
    assert outcome.status is Status.COMPLETED
    assert outcome.stdout in ("denied\n", "")
    assert run_python("print(1)").stdout == "1\n"


def test_may_signal_its_own_processes(run_python):
    source_code = """
import os, signal, subprocess
child = subprocess.Popen(['sleep', '600'])
child.terminate()
print(child.wait())
group = subprocess.Popen(['sleep', '600'], start_new_session=True)
os.killpg(group.pid, signal.SIGKILL)
print(group.wait())
signal.signal(signal.SIGUSR1, lambda *_: print('usr1'))
os.kill(os.getpid(), signal.SIGUSR1)
signal.raise_signal(signal.SIGUSR1)
signal.pthread_kill(__import__('threading').get_ident(), signal.SIGUSR1)
"""
    outcome = run_python(source_code)
    assert outcome.stdout == "-15\n-9\nusr1\nusr1\nusr1\n", outcome.stderr


def test_leaves_no_late_writer(run_python, runner):
    late = Path("/tmp") / f"late-{runner.pid}"
    run_python(DAEMON.format(body=f"time.sleep(1); open('{late}', 'w')"))
    deadline = time.monotonic() + 1.5
    while time.monotonic() < deadline and not late.exists():
        time.sleep(0.05)
    assert not late.exists()
