"""One container serves many runs, as a warm environment of Lambda does, and nothing of them stays."""

import statistics
import time

from livecode.domain import Reason, Status
from livecode.languages import LANGUAGES
from tests.image.conftest import Start

RUNS = 200
WARM_UP = 10
# What an allocator keeps is not what a run leaves: 100 KiB kept a run would be twice as much.
MEMORY_GROWTH_KIB = 10 * 1024

UNTIDY = """
import contextlib, os, subprocess
subprocess.Popen(["sleep", "1000"], start_new_session=True)
os.makedirs("a/b/c")
for folder in ("/tmp", "/var/tmp", os.environ["HOME"]):
    with contextlib.suppress(OSError): open(folder + "/left", "w").write("x")
os.chmod("a", 0)
print({number})
"""


def test_two_hundred_runs_leave_nothing(start: Start, figures: list[str]) -> None:
    service = start()
    container = service.container
    durations_ms = []

    def run(number: int) -> None:
        if number % 20 == 19:
            outcome = service.run("c++", f'#include <cstdio>\nint main() {{ std::printf("{number}\\n"); }}')
        elif number % 5 == 4:
            outcome = service.run("javascript", f"console.log({number})")
        elif number % 5 == 3:
            outcome = service.run("python", UNTIDY.format(number=number))
        else:
            started = time.monotonic()
            outcome = service.run("python", f"print({number})")
            durations_ms.append((time.monotonic() - started) * 1000)
        assert (outcome.status, outcome.stdout) == (Status.COMPLETED, f"{number}\n")

    for number in range(WARM_UP):
        run(number)
    processes, status, files = container.processes(), container.runtime_status(), container.files()
    for number in range(WARM_UP, WARM_UP + RUNS):
        run(number)
    after = container.runtime_status()
    assert container.processes() == processes
    assert container.files() == files
    # FDSize is the table's room for descriptors, a power of two: one left a run would have grown it past 200.
    assert after["FDSize"] == status["FDSize"] < RUNS
    assert after["Threads"] == status["Threads"]
    assert after["VmRSS"] - status["VmRSS"] < MEMORY_GROWTH_KIB
    figures.append(
        f"warm: {statistics.median(durations_ms):.0f} ms (median) from the message to the row, python; after {RUNS} "
        f"runs the runtime holds {after['VmRSS'] // 1024} MiB, {(after['VmRSS'] - status['VmRSS']) / 1024:+.1f} MiB"
    )


def test_serves_on_after_the_worst_programs(start: Start) -> None:
    service = start()
    processes = None
    for source in (
        "import os\nwhile True: os.fork()",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\nos.kill(-1, signal.SIGKILL)",
        "kept = []\nwhile True: kept.append(bytearray(10**7))",
        "import os\nfor n in range(10**6): open(f'file-{n}', 'w').write('x' * 1000)",
    ):
        outcome = service.run("python", source)
        assert outcome.status in (Status.FAILED, Status.TIMEOUT)
        assert outcome.reason is not Reason.INTERNAL_ERROR
        for name, language in LANGUAGES.items():
            assert service.run(name, language.echo_source).stdout == f"hello from {name}\n"
        processes = processes or service.container.processes()
        assert service.container.processes() == processes  # the same runtime, not a new one
