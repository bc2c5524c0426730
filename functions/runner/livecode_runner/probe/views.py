"""Starts the observers beside the runner and in the sandbox, and reads what they print; neither takes long."""

import contextlib
import io
import json
import os
import platform
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from livecode.domain import RunLimits
from livecode_runner.execute import run_limits
from livecode_runner.probe.event import why_refused
from livecode_runner.probe.report import ProbeReport, View, read_view
from livecode_runner.sandbox import EndReason, Sandbox, SandboxFailed
from livecode_runner.sandbox.kernel.syscalls import SYSCALLS
from livecode_runner.sandbox.starting.seccomp import ARCHITECTURES

WALL_TIME_SECONDS = 10.0  # a quiet machine takes half a second
_FOLDER = Path(__file__).parent
_PROGRAM = "observers.pyz"
_MAIN = "from observers.run import main\nmain()\n"
# Behind the standard library, none of whose names may be taken by ours.
_BESIDE_THE_RUNNER = f"import sys\nsys.path.append({str(_FOLDER)!r})\n{_MAIN}"
_PRINTED_BYTES = 1024 * 1024


def probe_environment(
    event: Mapping[str, Any], sandbox: Sandbox, limits: RunLimits, *, runtime_api: str, missing: Sequence[str]
) -> ProbeReport:
    """Observes the environment, beside the runner and in the sandbox; never raises for what it finds.

    `runtime_api` is host:port; `missing` are required layers that are off.
    """
    if refused := why_refused(event):
        return ProbeReport(refused=refused)
    started = time.monotonic()
    settings = json.dumps({"syscalls": _system_call_numbers(), "runtime_api": runtime_api})
    runner = view_beside_the_runner([sys.executable, "-I", "-c", _BESIDE_THE_RUNNER, settings])
    program = view_in_the_sandbox(sandbox, limits, settings)
    return ProbeReport(
        layers={str(layer): is_on for layer, is_on in sandbox.layers.items()},
        missing=missing,
        runner=runner,
        program=program,
        duration_ms=round((time.monotonic() - started) * 1000),
    )


def view_beside_the_runner(command: Sequence[str], *, wall_time_seconds: float = WALL_TIME_SECONDS) -> View:
    """Observes as a child of ours: what the runner may do the child may, but our environment is not given."""
    try:
        process = subprocess.Popen(
            command,
            env={},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        return View(error=f"it could not be started: {error.strerror}")
    failure = None
    try:
        printed, _ = process.communicate(timeout=wall_time_seconds)
    except subprocess.TimeoutExpired as error:
        printed, failure = error.stdout or b"", _out_of_time(wall_time_seconds)
    finally:
        # Not reaped before it is known to be dead, so the group's number is still its own.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    if failure is None and process.returncode:
        failure = f"it ended with {process.returncode}"
    return read_view(printed, failure)


def view_in_the_sandbox(sandbox: Sandbox, limits: RunLimits, settings: str) -> View:
    """Observes as a python program in the sandbox, with the limits and layers of any other program."""
    phase_limits = replace(run_limits(limits), wall_time_seconds=WALL_TIME_SECONDS, stream_limit_bytes=_PRINTED_BYTES)
    try:
        with sandbox.open_run() as run:
            run.folder.write(_PROGRAM, zipped_observers())
            result = run.execute(("python3", "-I", _PROGRAM, settings), phase_limits)
    except (SandboxFailed, OSError) as error:
        return View(error=str(error))
    failure = None
    if result.end_reason is EndReason.WALL_TIME:
        failure = _out_of_time(WALL_TIME_SECONDS)
    elif result.exit_code != 0:
        failure = f"it ended with {result.signal or result.exit_code}"
    return read_view(result.stdout, failure)


def zipped_observers() -> bytes:
    """A program in one file: a run's folder has no room for packages, and a program may not read the runner's code."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("__main__.py", _MAIN)
        for path in sorted((_FOLDER / "observers").glob("*.py")):
            archive.writestr(f"observers/{path.name}", path.read_bytes())
    return written.getvalue()


def _out_of_time(seconds: float) -> str:
    return f"it was ended after {seconds:g} s"


def _system_call_numbers() -> dict[str, int]:
    """Returns the numbers of this architecture's system calls, by name."""
    column = list(ARCHITECTURES).index(platform.machine())
    return {name: number for name, numbers in SYSCALLS.items() if (number := numbers[column]) is not None}
