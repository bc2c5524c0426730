"""`make probe` against the embedded stack, whether one runs or not, and against a function by its name."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from .test_command import ROOT, Command

TEMPLATE = ROOT / "infra" / "template.yaml"
NO_CREDENTIALS = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:RunnerFunction"


def run_probe(state: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    paths = {"PYTHONPATH": f"{ROOT}/localstack:{ROOT}/layers/runtimes/python", "LIVECODE_STATE_DIR": str(state)}
    return subprocess.run(
        [sys.executable, "-m", "livecode_probe", *arguments],
        env={**kept, **paths, **NO_CREDENTIALS, **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def check_report(report: Mapping[str, Any]) -> None:
    assert report["layers"]["launcher"]
    for view in ("runner", "program"):
        assert "error" not in report[view], report[view]
        assert report[view]["kernel"]["release"] == {"value": os.uname().release}
    assert report["runner"]["network"]["runtime_api"] == {"value": "yes"}
    assert report["program"]["network"]["runtime_api"] == {"value": "EACCES"}


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def stack(state: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the whole service says of itself while it runs on the state folder."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    state.mkdir()
    command = Command(state, template=TEMPLATE)
    yield command.serving()
    command.end()


def test_starts_a_runner_where_no_stack_runs(state: Path, tmp_path: Path) -> None:
    done = run_probe(state, "--json", str(tmp_path / "report.json"))
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads((tmp_path / "report.json").read_text())
    check_report(report)
    assert os.uname().release in done.stdout
    assert done.stdout.endswith(f"observed in {report['duration_ms']} ms\n")


def test_asks_the_runner_of_the_stack_that_runs(state: Path, stack: dict[str, Any], tmp_path: Path) -> None:
    done = run_probe(state, "embedded", "--json", str(tmp_path / "report.json"))
    assert (done.returncode, done.stderr) == (0, "")
    check_report(json.loads((tmp_path / "report.json").read_text()))
    # None was started for it, and the one that there was has outlived it.
    assert json.loads((state / "stack.json").read_text())["pids"]["functions"] == stack["pids"]["functions"]
    endpoint = {"AWS_ENDPOINT_URL": stack["aws_endpoint_url"], **CREDENTIALS}
    by_arn = run_probe(state, "function", ARN, **endpoint)
    assert (by_arn.returncode, by_arn.stderr) == (0, "")
    assert os.uname().release in by_arn.stdout
    other = run_probe(state, "function", "ApiFunction", AWS_DEFAULT_REGION="us-east-1", **endpoint)
    assert other.returncode == 1
    assert other.stderr.startswith("The function")


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        pytest.param({}, "You must specify a region.", id="no region"),
        pytest.param({"AWS_DEFAULT_REGION": "us-east-1"}, "Unable to locate credentials", id="no credentials"),
        pytest.param(
            {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:1", **CREDENTIALS},
            "Could not connect",
            id="no answer",
        ),
    ],
)
def test_says_in_one_line_why_a_function_cannot_be_invoked(state: Path, variables: dict[str, str], reason: str) -> None:
    done = run_probe(state, "function", "livecode-runner", **variables)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith(f"livecode-runner cannot be invoked: {reason}")
