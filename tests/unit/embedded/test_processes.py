"""What a killed process leaves behind is ended and reaped by the stack."""

import subprocess
import sys
from pathlib import Path

_LOCALSTACK = Path(__file__).parents[3] / "localstack"

# A process of its own, because whoever adopts orphans does so for good.
_ADOPTER = """
import os, subprocess
from livecode_embedded.processes import adopt_orphans, kill_orphans
adopt_orphans()
subprocess.run(["sh", "-c", "for each in 1 2 3 4 5; do sleep 60 & done"])
children = f"/proc/self/task/{os.getpid()}/children"
print(len(open(children).read().split()))
kill_orphans()
print(len(open(children).read().split()))
"""


def test_orphans_are_killed_and_reaped() -> None:
    adopter = [sys.executable, "-c", _ADOPTER]
    done = subprocess.run(adopter, capture_output=True, text=True, cwd=_LOCALSTACK, timeout=30)
    assert (done.stdout.split(), done.stderr) == (["5", "0"], "")


# All descriptors are in use, and one comes free only after the process has ended.
_OUT_OF_DESCRIPTORS = """
import asyncio, os, resource, subprocess
from livecode_embedded.processes import exit_status
async def main():
    asyncio.get_running_loop()
    process = subprocess.Popen(["sleep", "0.3"])
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    taken = []
    try:
        while True:
            taken.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    print(await exit_status(process))
    for each in taken:
        os.close(each)
asyncio.run(main())
"""


def test_the_end_of_a_process_is_noticed_without_a_descriptor() -> None:
    waiting = [sys.executable, "-c", _OUT_OF_DESCRIPTORS]
    done = subprocess.run(waiting, capture_output=True, text=True, cwd=_LOCALSTACK, timeout=30)
    assert (done.stdout, done.stderr) == ("0\n", "")
