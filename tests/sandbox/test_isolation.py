"""A program sees neither secrets nor any network."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

import socket

import pytest

from tests.sandbox.conftest import SECRET


def test_gets_a_tiny_environment(run_python):
    outcome = run_python("import os\nfor name in sorted(os.environ): print(name)")
    assert outcome.stdout.split() == [
        *("HOME", "LANG", "LOGNAME", "PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "TMPDIR", "USER")
    ]


def test_reads_no_secret_in_proc(run_python):
    source_code = f"""
import glob
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/task/*/environ'):
    try: text = open(path, 'rb').read()
    except OSError: continue
    if b'{SECRET[:6]}' + b'{SECRET[6:]}' in text: print('found', path)
"""
    assert run_python(source_code).stdout == ""


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("AF_INET", "SOCK_STREAM"),
        ("AF_INET", "SOCK_DGRAM"),
        ("AF_INET6", "SOCK_STREAM"),
        ("AF_NETLINK", "SOCK_RAW"),
        ("AF_PACKET", "SOCK_RAW"),
        ("AF_VSOCK", "SOCK_STREAM"),
    ],
)
def test_opens_no_socket_to_a_network(run_python, family, kind):
    source_code = (
        f"import socket\ntry: socket.socket(socket.{family}, socket.{kind})\nexcept PermissionError: print('denied')"
    )
    assert run_python(source_code).stdout == "denied\n"


def test_reaches_no_server_on_this_machine(run, runner):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        python = f"import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/2018-06-01/runtime/invocation/next')"
        assert run("python", python).exit_code == 1
        javascript = f"fetch('http://127.0.0.1:{port}/').catch(error => {{ console.log('denied'); }})"
        assert run("javascript", javascript).stdout == "denied\n"
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_connects_to_no_socket_of_others(run_python, runner):
    if runner.layers["separate_uid"]:
        return  # the uid decides: whoever lets strangers in has said so by the mode of its socket
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0livecode-test-{runner.pid}")
        server.listen()
        source_code = f"import socket\ntry: socket.socket(socket.AF_UNIX).connect('\\0livecode-test-{runner.pid}')\nexcept OSError: print('denied')"
        assert run_python(source_code).stdout == "denied\n"


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(425, id="io_uring_setup"),
        pytest.param(319, id="memfd_create"),
        pytest.param(29, id="shmget"),
        pytest.param(240, id="mq_open"),
        pytest.param(323, id="userfaultfd"),
        pytest.param(435, id="clone3"),
        pytest.param(500, id="a syscall of the future"),
    ],
)
def test_lacks_rare_system_calls(run_python, number):
    source_code = f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nlibc.syscall({number}, 0, 0, 0, 0, 0)\nprint(ctypes.get_errno())"
    assert run_python(source_code).stdout == "38\n"


def test_dies_of_a_foreign_system_call(run_cpp):
    assert run_cpp('int main() { asm volatile("int $0x80" :: "a"(20)); }').signal == "SIGSYS"


@pytest.mark.parametrize(
    "statement", ["unshare(CLONE_NEWUSER)", "unshare(CLONE_NEWNET)", 'chroot(".")', 'mount(0, "/", 0, 0, 0)']
)
def test_makes_no_namespace(run_cpp, statement):
    source_code = f'#include <sched.h>\n#include <sys/mount.h>\n#include <unistd.h>\n#include <cstdio>\nint main() {{ std::printf("%d", {statement}); }}'
    assert run_cpp(source_code).stdout == "-1"


def test_reads_nothing_of_ours_under_landlock(run_python, runner):
    if not runner.layers["landlock"]:
        return
    source_code = f"import os\nfor path in ('{__file__}', '/root', '/home', '/var', '/opt', '/'):\n    try: (os.listdir if os.path.isdir(path) else open)(path); print(path)\n    except OSError: pass"
    assert run_python(source_code).stdout == ""
