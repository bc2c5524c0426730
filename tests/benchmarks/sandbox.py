"""`python -m tests.benchmarks.sandbox`, a part of `make bench`: the sandbox against a bare posix_spawn and bubblewrap.

All variants alternate, so that a machine whose speed drifts slows them alike. Nothing here passes or fails; we aim at
1 ms more at most for a python run without privilege, 4 ms with namespaces, and 2 % of a core for the watch. As root it
measures twice: with all that root may have, and as a uid without any privilege, which is what Lambda gives.

    bare                posix_spawn and waitpid
    launcher            behind the launcher, without filter and rules
    all layers          everything that is on, in a run that is open: spawned, watched, reaped, swept
    no namespaces       the same without namespaces and control group, where there are some
    execute             the runner's whole call: folder made, source written, run, folder removed, text made
    bubblewrap          bwrap --unshare-all, where it is installed and works
"""

import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from livecode.domain import RunLimits
from livecode.languages import PYTHON
from livecode_runner.config import SandboxSettings
from livecode_runner.execute import execute
from livecode_runner.sandbox import Layer, PhaseLimits, Sandbox
from livecode_runner.sandbox.starting.spawn import spawn

ROUNDS = 200
WATCHED_SECONDS = 10
PATH = SandboxSettings().sandbox_path
HELLO = "print('hello')\n"
UNPRIVILEGED_UID = 64200
LAUNCHER = str(Path(__file__).parents[2] / "functions/runner/livecode_runner/sandbox/build/launcher")
LIMITS = PhaseLimits(
    wall_time_seconds=30,
    memory_bytes=256 << 20,
    stack_bytes=64 << 20,
    process_limit=64,
    file_bytes=64 << 20,
    stream_limit_bytes=100 << 10,
    output_limit_bytes=16 << 20,
)

Timed = Callable[[], float]


def main() -> None:
    if os.geteuid() == 0 and "--here" not in sys.argv:
        for identity in ({}, {"user": UNPRIVILEGED_UID, "group": UNPRIVILEGED_UID, "extra_groups": []}):
            if identity and not all(folder.stat().st_mode & 0o001 for folder in Path(LAUNCHER).parents):
                print(f"\nnot measured without privilege: other users may not read {Path(LAUNCHER).parent}")
                continue
            # The system's interpreter: another uid may not be able to read ours, and programs run on it too.
            command = ["/usr/bin/python3", "-m", "tests.benchmarks.sandbox", "--here"]
            subprocess.run(command, check=True, env=dict(os.environ), **identity)  # type: ignore[call-overload]
        return
    root = tempfile.mkdtemp(prefix="livecode-benchmark-")
    Path(root).chmod(0o755)
    try:
        measure(root)
    finally:
        shutil.rmtree(root)


def measure(root: str) -> None:
    sandbox = Sandbox.prepare(PATH, root=root)
    on = [layer for layer, is_on in sandbox.layers.items() if is_on]
    print(f"\nsandbox as uid {os.geteuid()}: {', '.join(on)}")
    if Layer.LAUNCHER not in on:
        print("nothing to measure: the launcher does not work here")
        return
    sandboxes = {"all layers": sandbox}
    namespaces = [layer for layer in on if layer.endswith("_namespace") or layer == "cgroup"]
    if namespaces:
        sandboxes["no namespaces"] = Sandbox.prepare(PATH, root=root, without=namespaces)
    source = Path(root, "hello.py")
    source.write_text(HELLO)
    python = shutil.which("python3", path=PATH) or "/usr/bin/python3"
    report("/bin/true", sandboxes, ("/bin/true",), ("/bin/true",))
    report("python hello", sandboxes, (python, str(source)), PYTHON.run, execute=partial(whole, sandbox))
    for name, do in {"sleeps": "time.sleep(0.1)", "spins": "pass"}.items():
        print(f"watching one process that {name}: {watch_cost(sandbox, do):.1%} of a core")


def report(
    name: str, sandboxes: dict[str, Sandbox], plain: Sequence[str], in_run: Sequence[str], **more: Timed
) -> None:
    variants: dict[str, Timed] = {"bare": partial(bare, plain), "launcher": partial(launcher_alone, plain)}
    variants |= {mode: partial(in_open_run, sandbox, in_run) for mode, sandbox in sandboxes.items()}
    variants |= more
    bubblewrap = shutil.which("bwrap")
    wrapped = [bubblewrap or "", "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-all", *plain]
    if bubblewrap and subprocess.run(wrapped, capture_output=True, check=False).returncode == 0:
        variants["bubblewrap"] = partial(bare, wrapped)
    samples: dict[str, list[float]] = {variant: [] for variant in variants}
    for _ in range(ROUNDS):
        for variant, timed in variants.items():
            samples[variant].append(timed() * 1000)
    floor = statistics.median(samples["bare"])
    print(f"{name + ', ms':<16} {'p50':>8} {'p25':>8} {'ratio':>7} {'more':>8}")
    for variant, times in samples.items():
        p25, p50, _ = statistics.quantiles(times, n=4)
        print(f"  {variant:<14} {p50:8.2f} {p25:8.2f} {p50 / floor:7.2f} {p50 - floor:+8.2f}")
    if "bubblewrap" not in variants:
        print(f"  {'bubblewrap':<14} {'does not work here' if bubblewrap else 'not installed'}")


def bare(command: Sequence[str]) -> float:
    started = time.perf_counter()
    actions = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
    pid = os.posix_spawn(command[0], list(command), {"PATH": PATH, "LANG": "C.UTF-8"}, file_actions=actions)
    os.waitpid(pid, 0)
    duration = time.perf_counter() - started
    with contextlib.suppress(ChildProcessError):  # bubblewrap leaves its own init to us, who are a subreaper
        while True:
            os.wait()
    return duration


def launcher_alone(command: Sequence[str]) -> float:
    started = time.perf_counter()
    program = spawn(LAUNCHER, ["--", *command], {"PATH": PATH, "LANG": "C.UTF-8"})
    os.waitpid(program.pid, 0)
    duration = time.perf_counter() - started
    program.close()
    return duration


def in_open_run(sandbox: Sandbox, command: Sequence[str]) -> float:
    with sandbox.open_run() as run:
        run.folder.write(PYTHON.source_file, HELLO.encode())
        started = time.perf_counter()
        run.execute(command, LIMITS)
        return time.perf_counter() - started


def whole(sandbox: Sandbox) -> float:
    started = time.perf_counter()
    execute(PYTHON, HELLO, RunLimits(), sandbox, time_left_seconds=lambda: 60)
    return time.perf_counter() - started


def watch_cost(sandbox: Sandbox, do: str) -> float:
    """The share of a core that the runner's thread takes while one process repeats something under its eyes."""
    source = f"import time\nend = time.monotonic() + {WATCHED_SECONDS}\nwhile time.monotonic() < end: {do}\n"
    started, cpu = time.perf_counter(), time.thread_time()
    execute(PYTHON, source, RunLimits(), sandbox, time_left_seconds=lambda: 60)
    return (time.thread_time() - cpu) / (time.perf_counter() - started)


if __name__ == "__main__":
    main()
