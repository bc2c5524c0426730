"""A sample tells one process from several, and never takes several for one."""

import os
import subprocess
import sys

import pytest

from livecode_runner.sandbox.kernel.quick_sample import QuickSample


@pytest.mark.parametrize(
    ("source_code", "sees_one"),
    [
        pytest.param("", True, id="one process"),
        pytest.param("import threading; threading.Thread(target=time.sleep, args=(60,)).start()", False, id="threads"),
        pytest.param("import subprocess; subprocess.Popen(['sleep', '60'])", False, id="a child"),
    ],
)
def test_tells_one_process_from_several(source_code, sees_one):
    # From a process of its own: others of the test session's children would be seen too.
    watcher = f"""
import os, subprocess, sys
from livecode_runner.sandbox.kernel.quick_sample import QuickSample
code = "import time\\n" + {source_code!r} + "\\nprint(flush=True); time.sleep(60)"
program = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
program.stdout.readline()
sample = QuickSample.open(program.pid, os.getpid())
print(sample.is_of_one_process(), sample.resident_bytes() > 1_000_000)
os.killpg(program.pid, 9)
program.wait()
print(sample.is_of_one_process(), sample.resident_bytes())
sample.close()
"""
    done = subprocess.run(
        [sys.executable, "-c", watcher],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == f"{sees_one} True\nFalse 0\n", done.stderr


def test_there_is_none_of_a_process_that_is_gone():
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    assert QuickSample.open(pid, os.getpid()) is None
