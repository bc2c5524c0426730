"""What is broken or missing is noticed: the layer is reported as off, or the program does not run."""

import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from livecode_runner.config import SandboxSettings
from tests.sandbox.conftest import IS_ROOT, REPOSITORY, readable_by_all

REQUIRED = "launcher,seccomp,dumpable"
UNPRIVILEGED_UID = 64100
RUNNER = REPOSITORY / "tests/sandbox/launcher/refusing_runner.py"


class Copy:
    """Our package where it may be broken, and a place for its runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(REPOSITORY / "functions/runner/livecode_runner", folder / "livecode_runner")
        self.build = folder / "livecode_runner/sandbox/build"
        self.launcher, self.filters = self.build / "launcher", sorted(self.build.glob("filter-*.bpf"))
        self.root = folder / "runs"
        self.root.mkdir()
        self.root.chmod(0o777)

    def run(
        self, *without: str, required: str = REQUIRED, to_break: Path | str = "", uid: int | None = None
    ) -> dict[str, Any]:
        interpreter = sys.executable if uid is None or readable_by_all(sys.executable) else "/usr/bin/python3"
        identity: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        done = subprocess.run(
            [
                interpreter,
                str(RUNNER),
                SandboxSettings().sandbox_path,
                str(self.root),
                required,
                str(to_break),
                *without,
            ],
            env={
                "PYTHONPATH": f"{self.folder}:{REPOSITORY / 'layers/runtimes/python'}",
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
            **identity,
        )
        assert done.returncode == 0, done.stderr
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer


@pytest.fixture
def copy(built_sandbox: None) -> Iterator[Copy]:
    folder = Path(tempfile.mkdtemp(prefix="livecode-broken-"))
    folder.chmod(0o755)
    yield Copy(folder)
    shutil.rmtree(folder)


def test_runs_when_nothing_is_broken(copy):
    assert copy.run() == {"missing": [], "printed": "1\n"}


def test_runs_as_well_where_no_sitecustomize_was_compiled(copy):
    shutil.rmtree(copy.build / "python")
    assert copy.run() == {"missing": [], "printed": "1\n"}


@pytest.mark.parametrize("layer", REQUIRED.split(","))
def test_reports_a_required_layer_that_is_off(copy, layer):
    assert layer in copy.run(layer)["missing"]


def test_reports_a_required_layer_that_does_not_exist(copy):
    assert copy.run(required="launcher,walls")["missing"] == ["walls"]


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.unlink(), id="not built"),
        pytest.param(lambda path: path.chmod(0o644), id="not executable"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:100]), id="cut"),
        pytest.param(lambda path: shutil.copy("/bin/true", path), id="another program"),
    ],
)
def test_runs_nothing_without_its_launcher(copy, spoil: Callable[[Path], None]):
    spoil(copy.launcher)
    answer = copy.run()
    assert {"launcher", "seccomp"} <= set(answer["missing"])
    assert "refused" in answer


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda path: path.unlink(), id="not built"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"\xff" * 800), id="garbage"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-8]), id="cut"),
        pytest.param(lambda path: path.write_bytes(struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000)), id="allows all"),
        pytest.param(lambda path: (path.unlink(), path.mkdir()), id="a folder"),
    ],
)
def test_reports_a_filter_that_does_not_filter(copy, spoil: Callable[[Path], None]):
    for path in copy.filters:
        spoil(path)
    assert copy.run()["missing"] == ["seccomp"]


@pytest.mark.skipif(not IS_ROOT, reason="takes another uid")
def test_reports_a_filter_that_it_may_not_read(copy):
    for path in copy.filters:
        path.chmod(0)
    assert copy.run(uid=UNPRIVILEGED_UID)["missing"] == ["seccomp"]


@pytest.mark.parametrize("name", ["launcher", "filter"])
def test_refuses_what_breaks_after_the_start(copy, name):
    spoiled = copy.launcher if name == "launcher" else copy.build / f"filter-{'own' if IS_ROOT else 'shared'}_uid.bpf"
    answer = copy.run(to_break=spoiled)
    assert answer["missing"] == []
    assert answer["refused"].startswith("the launcher")


@pytest.mark.skipif(not IS_ROOT, reason="without a uid of their own programs may have put it there, and it is replaced")
def test_refuses_where_the_folder_of_runs_is_not_ours(copy):
    (copy.root / f"livecode-runner-{os.geteuid()}").symlink_to("/tmp")
    assert "refused" in copy.run()
