"""Memory over the limit is called that, in whatever way it was taken; other failures are not."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from livecode.domain import Reason, Status
from tests.sandbox.conftest import IS_ROOT, RunnerProcess

_SHARING = "import os, time\na = bytearray(80_000_000); a[::4096] = b'x' * len(a[::4096])\nfor _ in range(8):\n    if os.fork() == 0: time.sleep(0.3); os._exit(0)\nfor _ in range(8): os.wait()"
_SOCKETS = "import socket, time\npairs = [socket.socketpair() for _ in range({pairs})]\ntime.sleep(0.5)\nprint('done')"
_DELETED = "import os, time\nkept = []\nfor _ in range(10):\n    kept.append(open('x', 'wb', buffering=0)); os.unlink('x'); kept[-1].write(bytes(4_000_000))\ntime.sleep(10)"
_EXIT_THREAD = "import ctypes, os, platform, threading, time\nexit_thread = lambda: ctypes.CDLL(None).syscall(60 if platform.machine() == 'x86_64' else 93, 0)\n"
_SHARED_BY_CLONE = """
#include <cstdio>
#include <cstring>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>
static char stack[65536];
static int wait_a_moment(void *) { usleep(300'000); _exit(0); }
int main() {
    std::vector<char> data(85 << 20, 'd');
    asm volatile("" : : "r"(data.data()) : "memory");  // or the compiler leaves it out
    MAKE_CHILD
    int status = -1;
    waitpid(-1, &status, __WALL);
    std::printf("%d %zu\\n", status, data.size() >> 20);
}
"""
GREEDY = [
    pytest.param(
        "python",
        _EXIT_THREAD
        + "def f():\n    a = []\n    for _ in range(300): a.append(b'x' * 1_000_000)\n    time.sleep(60); os._exit(0)\nthreading.Thread(target=f).start(); exit_thread()",
        id="a thread after the main thread's end",
    ),
    pytest.param("python", "a = []\nwhile True: a.append(bytearray(b'x' * 1_000_000))", id="python bytes"),
    pytest.param("python", "a = []\nwhile True: a.append([0] * 100)", id="python lists"),
    pytest.param("javascript", "const a = []; for (;;) a.push(Buffer.alloc(1e7, 1));", id="node Buffers"),
    pytest.param("javascript", "const a = []; for (;;) a.push(new Array(1e6).fill(1.1));", id="node heap"),
    pytest.param(
        "c++",
        '#include <cstring>\n#include <cstdlib>\nint main() { for (;;) { char *p = (char *)malloc(1 << 22); memset(p, 1, 1 << 22); asm volatile("" :: "r"(p) : "memory"); } }',
        id="C++ memset",
    ),
    pytest.param(
        "python",
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        a = bytearray(60_000_000); a[::4096] = b'x' * len(a[::4096]); time.sleep(60)\ntime.sleep(60)",
        id="forked children",
    ),
    pytest.param(
        "python",
        "import mmap\na = [mmap.mmap(-1, 50_000_000) for _ in range(20)]\nfor m in a:\n    for i in range(0, 50_000_000, 4096): m[i] = 1",
        id="shared mappings",
    ),
]


@pytest.mark.parametrize(("language", "source_code"), GREEDY)
def test_kills_what_takes_too_much_memory(run, language, source_code):
    outcome = run(language, source_code, run_memory_mib=128)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.MEMORY_LIMIT_EXCEEDED)
    assert outcome.signal == "SIGKILL"
    assert outcome.memory_kb >= 100 * 1024


@pytest.mark.parametrize(
    "make_child",
    [
        pytest.param("if (vfork() == 0) { usleep(300'000); _exit(0); }", id="vfork"),
        pytest.param("clone(wait_a_moment, stack + sizeof stack, CLONE_VM, nullptr);", id="clone with its memory"),
        pytest.param(
            "for (int i = 0; i < 3; i++) if (fork() == 0) { if (vfork() == 0) { usleep(300'000); _exit(0); } _exit(0); }\n"
            "    for (int i = 0; i < 2; i++) wait(nullptr);",
            id="vfork in forked children",
        ),
    ],
)
def test_counts_memory_that_processes_share_once(run_cpp, make_child):
    outcome = run_cpp(_SHARED_BY_CLONE.replace("MAKE_CHILD", make_child), run_memory_mib=128)
    assert (outcome.stdout, outcome.reason) == ("0 85\n", None)
    assert 85 * 1024 <= outcome.memory_kb <= 128 * 1024


@pytest.mark.parametrize(
    ("source_code", "reason"),
    [
        pytest.param("import os; os.kill(os.getpid(), 9)", Reason.RUNTIME_ERROR, id="kills itself"),
        pytest.param("import sys; sys.exit(137)", Reason.RUNTIME_ERROR, id="exits with 137"),
        pytest.param("a = bytearray(10 ** 14)", Reason.RUNTIME_ERROR, id="asks for too much at once"),
        pytest.param("raise MemoryError", Reason.RUNTIME_ERROR, id="says so itself"),
        pytest.param(
            _SHARING,
            None,
            id="shares pages with its children",
        ),
    ],
)
def test_calls_nothing_else_memory(run_python, source_code, reason):
    assert run_python(source_code, run_memory_mib=128).reason is reason


@pytest.mark.parametrize(
    "preparation",
    [
        pytest.param("", id="openly"),
        pytest.param("import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n", id="hiding its descriptors"),
    ],
)
def test_kills_what_opens_too_many_sockets(run_python, preparation):
    outcome = run_python(preparation + _SOCKETS.format(pairs=200))
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.RUNTIME_ERROR)
    assert outcome.stderr == "Execution exceeded its limit of sockets\n"


@pytest.mark.parametrize(
    "children",
    [
        pytest.param("", id="by itself"),
        pytest.param("[os.fork() or (time.sleep(0.4), os._exit(0)) for _ in range(3)]\n", id="with its children"),
    ],
)
def test_lets_a_program_have_as_many_sockets_as_it_may(run_python, children):
    preparation, end, waiting = _SOCKETS.format(pairs=100).rpartition("time.sleep")
    assert run_python(f"import os\n{preparation}{children}{end}{waiting}").stdout == "done\n"


# What Docker leaves to root, but for what no runner asks for: above all no CAP_SYS_PTRACE, and so no look at others.
_CONTAINER = [
    "setpriv",
    "--inh-caps=-all",
    "--bounding-set=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid",
]


@pytest.fixture(scope="module")
def root_in_a_container(built_sandbox: None, toolchain_path: str) -> Iterator[RunnerProcess]:
    root = tempfile.mkdtemp(prefix="livecode-runs-")
    Path(root).chmod(0o755)
    runner = RunnerProcess("own_uid", toolchain_path, None, root, launched_by=_CONTAINER)
    yield runner
    runner.stop()
    shutil.rmtree(root)


@pytest.mark.skipif(not IS_ROOT, reason="only root can give its capabilities away")
@pytest.mark.parametrize(
    ("source_code", "stdout", "stderr"),
    [
        pytest.param(_SHARING, "", "", id="shares pages with its children"),
        pytest.param(_SOCKETS.format(pairs=100), "done\n", "", id="has as many sockets as it may"),
        pytest.param(_SOCKETS.format(pairs=200), "", "Execution exceeded its limit of sockets\n", id="opens too many"),
        pytest.param(_DELETED, "", "Execution exceeded 16 MiB of files\n", id="keeps deleted files"),
    ],
)
def test_root_in_a_container_sees_what_its_programs_hold(root_in_a_container, source_code, stdout, stderr):
    assert root_in_a_container.layers["separate_uid"]
    outcome = root_in_a_container.run("python", source_code, run_memory_mib=128, file_size_mib=16)
    assert (outcome.stdout, outcome.stderr) == (stdout, stderr)
