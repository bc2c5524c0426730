"""A program that SIGKILL does not end is given up in time, and not waited for."""

import subprocess
import sys

_RUNNER = """
import os, time
from types import SimpleNamespace
from livecode_runner.sandbox import PhaseLimits, SandboxBroken
from livecode_runner.sandbox.ending.process_tree import ProcessTree
from livecode_runner.sandbox.starting.spawn import Program
from livecode_runner.sandbox.supervisor import supervise
limits = PhaseLimits(wall_time_seconds=0.1, memory_bytes=1 << 30, stack_bytes=0, process_limit=64, file_bytes=1 << 30,
                     stream_limit_bytes=100, output_limit_bytes=100)
pid = os.posix_spawn("/bin/sleep", ["sleep", "60"], {}, setsid=True)
never_ready, _ = os.pipe()  # in the place of the pidfd: as if it never ended
(stdout, a), (stderr, b) = os.pipe(), os.pipe()
for descriptor in (stdout, stderr): os.set_blocking(descriptor, False)
program = Program(pid=pid, init=None, pidfd=never_ready, stdout=stdout, stderr=stderr, started=time.monotonic(),
                  launch_cpu_seconds=0)
watch = SimpleNamespace(tree=ProcessTree(uid=None), start=lambda now: None, stop=lambda: None, next_look=1e18,
                        look=lambda now: None, peak_memory_bytes=0)
try:
    supervise(program, watch, limits, death_seconds=0.1)
except SandboxBroken as broken:
    print(broken)
print(os.waitpid(pid, 0)[0] == pid)  # nobody has reaped it
"""


def test_gives_up_what_survives() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["the program survives SIGKILL", "True"], done.stderr
