"""LocalStack's runtime executor with real environments; LocalStack itself is in a venv of its own, so what the executor
takes from it stands here in the same form."""

import dataclasses
import importlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from livecode_localstack.settings import ExecutorSettings
from tests.e2e.processes import process, wait_until_gone

_INVOCATION = "localstack.services.lambda_.invocation"


class StatusErrorException(Exception):
    def __init__(self, message: str, payload: bytes) -> None:
        super().__init__(message)
        self.payload = payload


@dataclasses.dataclass
class InvocationResult:
    request_id: str
    payload: bytes | None
    is_error: bool
    logs: str | None
    executed_version: str | None = None


class RuntimeExecutor:
    def __init__(self, id: str, function_version: Any) -> None:
        self.id = id
        self.function_version = function_version


@pytest.fixture
def executor_class(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    contents: dict[str, dict[str, Any]] = {
        "executor_endpoint": {"StatusErrorException": StatusErrorException},
        "lambda_models": {"FunctionVersion": object, "InvocationResult": InvocationResult},
        "runtime_executor": {"RuntimeExecutor": RuntimeExecutor},
    }
    packages = ["localstack", "localstack.services", "localstack.services.lambda_", _INVOCATION]
    for name in (*packages, *(f"{_INVOCATION}.{name}" for name in contents)):
        module = ModuleType(name)
        module.__path__ = []
        module.__dict__.update(contents.get(name.rpartition(".")[2], {}))
        monkeypatch.setitem(sys.modules, name, module)
    yield importlib.import_module("livecode_localstack.executor").ProcessExecutor
    monkeypatch.delitem(sys.modules, "livecode_localstack.executor")


@pytest.fixture
def executor_of(executor_class: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    settings = ExecutorSettings(function_python=sys.executable, log_folder=tmp_path, images={"program:1": [tmp_path]})
    for name, value in settings.variables().items():
        monkeypatch.setenv(name, value)
    made = []

    def make(source: str, *, timeout: int = 20) -> Any:
        (tmp_path / "program.py").write_text(source)
        config = SimpleNamespace(
            image=SimpleNamespace(image_uri="program:1"),
            image_config=SimpleNamespace(command=["program.handler"]),
            code=None,
            layers=[],
            timeout=timeout,
            memory_size=128,
        )
        identity = SimpleNamespace(function_name="Program", unqualified_arn=lambda: "arn:aws:lambda:::function:Program")
        executor = executor_class("1", SimpleNamespace(id=identity, config=config))
        made.append(executor)
        return executor

    yield make
    for executor in made:
        executor.stop()


def invoke(executor: Any, event: object = None, request_id: str = "one") -> InvocationResult:
    payload = {"invoke-id": request_id, "payload": json.dumps(event), "trace-id": "Root=1"}
    result: InvocationResult = executor.invoke(payload)
    return result


def test_runs_events_and_hands_over_their_logs(executor_of: Any, tmp_path: Path) -> None:
    executor = executor_of(
        "def handler(event, context):\n    print('seen', event)\n    return context.aws_request_id\n"
    )
    executor.start({"AWS_REGION": "us-east-1"})
    for number in (1, 2):
        result = invoke(executor, number, f"request-{number}")
        assert (result.request_id, result.is_error) == (f"request-{number}", False)
        assert json.loads(result.payload or b"") == f"request-{number}"
        assert result.logs is not None
        assert f"seen {number}" in result.logs.splitlines()
        assert ("seen 1" in result.logs) is (number == 1)
    assert (tmp_path / "Program.log").read_text().count("REPORT RequestId") == 2
    assert executor.get_logs() == ""


def test_an_exception_is_the_functions_error(executor_of: Any) -> None:
    executor = executor_of("def handler(event, context):\n    raise ValueError('no')\n")
    executor.start({})
    result = invoke(executor)
    assert result.is_error
    assert json.loads(result.payload or b"")["errorType"] == "ValueError"


def test_the_next_event_after_a_timeout_or_a_crash_gets_a_fresh_process(executor_of: Any) -> None:
    executor = executor_of(
        "import os, time\n\ndef handler(event, context):\n"
        "    if event == 'sleep':\n        time.sleep(60)\n"
        "    if event == 'exit':\n        os._exit(3)\n"
        "    return os.getpid()\n",
        timeout=2,
    )
    executor.start({})
    pids = [json.loads(invoke(executor).payload or b"")]
    for event, kind in (("sleep", "Sandbox.Timedout"), ("exit", "Runtime.ExitError")):
        failed = invoke(executor, event)
        assert failed.is_error
        assert json.loads(failed.payload or b"")["errorType"] == kind
        pids.append(json.loads(invoke(executor).payload or b""))
    assert len(set(pids)) == 3


def test_code_that_does_not_load_is_an_error_of_the_start(executor_of: Any) -> None:
    executor = executor_of("import nothing_of_that_name\n")
    with pytest.raises(StatusErrorException) as failed:
        executor.start({})
    assert b"nothing_of_that_name" in failed.value.payload


def test_stops_with_its_process(executor_of: Any) -> None:
    executor = executor_of("import os\n\ndef handler(event, context):\n    return os.getpid()\n")
    executor.start({})
    running = process(json.loads(invoke(executor).payload or b""))
    assert running is not None
    assert running.pid != os.getpid()
    executor.stop()
    wait_until_gone({running})
