"""A run leaves no file, however it was made, and cannot fill the disk."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

import os
import tempfile
from pathlib import Path

import pytest

from livecode.domain import Reason, Status
from tests.sandbox.conftest import IS_ROOT, RunnerProcess


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param("import os\nfor _ in range(5000): os.mkdir('d'); os.chdir('d')", id="5,000 deep"),
        pytest.param("import os\nfor i in range(20000): open(str(i), 'w').close()", id="20,000 files"),
        pytest.param(
            "import os\nos.mkdir('d'); open('d/f', 'w').close(); os.chmod('d', 0); os.chmod('.', 0)", id="mode 000"
        ),
        pytest.param(
            "import os\nos.makedirs('a/b/c'); open('a/b/c/f', 'w').close(); os.chmod('a/b/c', 0); os.chmod('a/b', 0o500); os.chmod('a', 0)",
            id="nested mode 000",
        ),
        pytest.param(
            "import os\nos.close(os.open(b'\\xff', os.O_CREAT)); os.mkdir(b'\\xfe')", id="names that are no UTF-8"
        ),
        pytest.param(
            "import os\nos.symlink('b', 'a'); os.symlink('a', 'b'); os.symlink('/etc', 'c')", id="symbolic links"
        ),
        pytest.param("open('s', 'wb').truncate(60_000_000)", id="sparse"),
        pytest.param("import os\nos.mkfifo('f')", id="fifo"),
        pytest.param("import socket; socket.socket(socket.AF_UNIX).bind('s')", id="socket"),
        pytest.param("import os\nos.mkdir('.removing-1'); os.makedirs('x/.removing-1/y')", id="names that we use"),
        pytest.param(
            "import os, pathlib\nfor n in ('HOME', 'TMPDIR'): pathlib.Path(os.environ[n], '.x').write_text('x')",
            id="home and temporary files",
        ),
        pytest.param(
            "import os\nos.rename('main.py', 'other'); os.symlink('/etc/passwd', 'main.py')", id="swaps its source"
        ),
        pytest.param("import os, shutil\nshutil.rmtree(os.getcwd())", id="removes its folder"),
    ],
)
def test_removes_everything(run_python, source_code):
    outcome = run_python(source_code)
    assert (outcome.status, outcome.stderr) == (Status.COMPLETED, "")


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp", "/dev/shm"])
def test_leaves_nothing_in_shared_folders(run_python, runner, folder):
    if not runner.layers["clean_folders"]:
        assert runner.mode == "shared_uid_without_landlock"  # other processes of our uid: they might own what is new
        return
    name = f"{folder}/left-{runner.pid}"
    run_python(f"import os\ntry: os.makedirs('{name}/a/b')\nexcept OSError: pass")
    assert not Path(name).exists()


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp"])
def test_counts_what_is_in_temporary_folders(run_python, runner, folder):
    if not IS_ROOT and runner.layers["landlock"]:
        pytest.skip("they are closed where others of our uid are, and whether some are depends on the machine")
    source_code = f"""
import time
for n in range(40): open(f'{folder}/left-{runner.pid}-{{n}}', 'wb').write(bytes(1_000_000))
time.sleep(30)
"""
    outcome = run_python(source_code, file_size_mib=16)
    assert (outcome.reason, outcome.stderr) == (Reason.RUNTIME_ERROR, "Execution exceeded 16 MiB of files\n")
    assert not list(Path(folder).glob(f"left-{runner.pid}-*"))


def test_cannot_change_the_system(run_python):
    source_code = """
import json
for path in ('/usr/bin/g++', '/bin/sh', json.__file__, '/etc/environment', '/etc/profile', '/proc/sys/kernel/core_pattern'):
    try: open(path, 'r+b'); print('opened', path)
    except OSError: pass
"""
    assert run_python(source_code).stdout == ""


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param("with open('big', 'wb') as f:\n    for _ in range(100): f.write(bytes(1_000_000))", id="one file"),
        pytest.param("open('sparse', 'wb').truncate(10 ** 12)", id="a sparse terabyte"),
    ],
)
def test_refuses_a_file_over_the_limit(run_python, source_code):
    outcome = run_python(source_code)
    assert outcome.reason is Reason.RUNTIME_ERROR
    assert "File too large" in outcome.stderr


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param(
            "for n in range(50):\n    with open(str(n), 'wb') as f: f.write(bytes(5_000_000))", id="many files"
        ),
        pytest.param(
            "import os\na = []\nfor n in range(50):\n    f = open('x', 'wb'); os.unlink('x'); f.write(bytes(5_000_000)); f.flush(); a.append(f)",
            id="deleted files",
        ),
    ],
)
def test_kills_what_fills_the_disk(run_python, source_code):
    outcome = run_python(f"{source_code}\nimport time; time.sleep(60)", file_size_mib=16)
    assert (outcome.status, outcome.reason, outcome.signal) == (Status.FAILED, Reason.RUNTIME_ERROR, "SIGKILL")
    assert outcome.stderr.endswith("Execution exceeded 16 MiB of files\n")


def test_kills_what_fills_the_disk_with_empty_files(run_python):
    outcome = run_python("n = 0\nwhile True:\n    n += 1; open(str(n), 'w').close()", file_size_mib=4)
    assert (outcome.status, outcome.reason, outcome.signal) == (Status.FAILED, Reason.RUNTIME_ERROR, "SIGKILL")
    assert outcome.stderr.endswith("Execution exceeded 4 MiB of files\n")


@pytest.mark.parametrize("folder", [".", "/tmp"])
def test_counts_a_file_with_many_names_once(run_python, runner, folder):
    if folder == "/tmp" and (runner.layers["landlock"] or not runner.layers["clean_folders"]):
        return
    place = f"{folder}/livecode-links-{runner.pid}"
    source_code = f"""
import os, time
os.mkdir('{place}')
with open('0', 'wb') as file: file.write(bytes(1 << 20))
for n in range(70): os.link('0', f'{place}/{{n}}')
time.sleep(2.2)
"""
    outcome = run_python(source_code, file_size_mib=8)
    assert (outcome.status, outcome.stderr) == (Status.COMPLETED, "")


@pytest.mark.skipif(not IS_ROOT, reason="the folder that holds the base folder must be that of another user at first")
@pytest.mark.parametrize("mode", ["shared_uid", "shared_uid_without_landlock"])
@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("os.chmod(root, 0)", id="closed"),
        pytest.param("os.chmod(base, 0); os.chmod(root, 0o300)", id="both closed"),
        pytest.param("shutil.rmtree(root, ignore_errors=True)", id="emptied"),
        pytest.param("os.setxattr(root, 'user.message', b'x')", id="marked"),
    ],
)
def test_the_next_run_has_a_folder_where_the_folder_of_all_is_ours_too(built_sandbox, toolchain_path, mode, statement):
    """As on Lambda, whose /tmp belongs to the user that functions run as."""
    with tempfile.TemporaryDirectory(prefix="livecode-runs-") as parent:
        Path(parent).chmod(0o755)  # so that it cannot be removed itself
        root = f"{parent}/tmp"
        Path(root).mkdir(mode=0o700)
        os.chown(root, 64009, 64009)
        runner = RunnerProcess(mode, toolchain_path, 64009, root)
        try:
            base = f"{root}/livecode-runner-64009"
            source_code = f"import os, shutil\nroot, base = {root!r}, {base!r}\ntry: {statement}\nexcept OSError: pass"
            assert runner.run("python", source_code).status is Status.COMPLETED
            assert runner.run("python", "print(1)").stdout == "1\n"
            assert (Path(root).stat().st_mode & 0o7777, os.listxattr(root)) == (0o700, [])
        finally:
            runner.stop()


def test_dumps_no_core(run_cpp):
    outcome = run_cpp("#include <cstdlib>\nint main() { std::abort(); }")
    assert outcome.signal == "SIGABRT"
    assert not list(Path("/tmp").glob("core*"))
