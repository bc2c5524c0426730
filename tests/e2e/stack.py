"""A stack of our own, embedded or LocalStack, that the tests start and stop, and what can be seen of it from behind."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config
from mypy_boto3_lambda import LambdaClient
from mypy_boto3_sqs import SQSClient
from sqlalchemy import Engine, text

from livecode.db.engine import make_engine
from livecode_embedded.ports import free_port
from tests.e2e.client import PAGE_HEADERS, LiveCode, poll
from tests.e2e.processes import Process, descendants, mentioning, process, wait_until_gone
from tests.toolchain import link_toolchain

ROOT = Path(__file__).parents[2]


class EmbeddedStack:
    """One stack with a state folder of its own; it can be stopped and started again on the same state."""

    module = "livecode_embedded"
    options: tuple[str, ...] = ("--no-self-check",)
    port_setting = "LIVECODE_PORT"
    serves_without_stage = True
    start_seconds = 90
    stop_seconds = 5

    def __init__(self, folder: Path, *, parameters: Mapping[str, str] | None = None) -> None:
        self.state = folder / "state"
        self.output = folder / "stack.log"
        self._parameters = ",".join(f"{name}={value}" for name, value in (parameters or {}).items())
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._facts: dict[str, Any] = {}
        self._engine: Engine | None = None
        self._http: httpx.Client | None = None

    # ---- Start and stop -------------------------------------------------------------------------------------------

    def start(self) -> None:
        self.state.mkdir(exist_ok=True)
        link_toolchain(self.state)
        with self.output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, "up", *self.options],
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        facts = self.state / "stack.json"

        def healthy() -> bool:
            assert self._process is not None
            assert self._process.poll() is None, f"the stack ended at once:\n{self.output.read_text()[-3000:]}"
            try:
                self._facts = json.loads(facts.read_text())
                return (
                    self._facts["pids"]["stack"] == self._process.pid
                    and httpx.get(f"{self.base_url}/health").is_success
                )
            except (OSError, ValueError, httpx.TransportError):
                return False

        poll(healthy, what="the stack answers", deadline_s=self.start_seconds, pause_s=0.1)
        self._http = httpx.Client(base_url=self.base_url, headers=PAGE_HEADERS, timeout=30)
        self._engine = make_engine(self.database_url, timeout_seconds=10, application_name="livecode-tests")

    def stop(self) -> float:
        """Ends the stack as Ctrl-C or a service manager would; seconds until it had ended with all its processes."""
        assert self._process is not None
        self.disconnect()
        everyone = self.processes() | mentioning(str(self.state))
        started = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(timeout=30)
            took = time.monotonic() - started
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("the stack did not end within 30 s of SIGTERM") from None
        self._process = None
        wait_until_gone(everyone, deadline_s=1)
        left = mentioning(str(self.state))
        assert not left, f"left behind: {[each.command for each in left]}"
        assert status in (0, -signal.SIGTERM, 128 + signal.SIGTERM), self.output.read_text()[-3000:]
        return took

    def kill(self) -> None:
        """Ends what is left, whatever happened before."""
        self.disconnect()
        if self._process is None:
            return
        everyone = self.processes() | mentioning(str(self.state))
        self._process.kill()
        self._process.wait()
        self._process = None
        for each in everyone:
            each.kill()

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def disconnect(self) -> None:
        if self._http is not None:
            self._http.close()
        if self._engine is not None:
            self._engine.dispose()

    @property
    def running(self) -> bool:
        return self._process is not None

    # ---- Doors ----------------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        return str(self._facts["gateway_url"])

    @property
    def client(self) -> LiveCode:
        assert self._http is not None
        return LiveCode(http=self._http)

    @property
    def sqs(self) -> SQSClient:
        return boto3.client("sqs", **self._aws())

    @property
    def functions(self) -> LambdaClient:
        return boto3.client("lambda", **self._aws())

    @property
    def database_url(self) -> str:
        return str(self._facts["database_url"])

    @property
    def pid(self) -> int:
        return int(self._facts["pids"]["stack"])

    def described(self) -> dict[str, Any]:
        """What stack.json says now."""
        return dict(json.loads((self.state / "stack.json").read_text()))

    @property
    def queue_url(self) -> str:
        return str(self._facts["queue_urls"]["ExecutionQueue"])

    @property
    def dead_letter_queue_url(self) -> str:
        return str(self._facts["queue_urls"]["ExecutionDeadLetterQueue"])

    def send(self, body: str) -> None:
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=body)

    def send_message_of(self, execution_id: str) -> None:
        self.send(json.dumps({"version": 1, "execution_id": execution_id}))

    def invoke(self, function: str) -> dict[str, Any]:
        """The answer of a function to an empty event."""
        answer = self.functions.invoke(FunctionName=self.function_name(function), Payload=b"{}")
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        return dict(payload)

    def function_name(self, logical_id: str) -> str:
        return logical_id

    def sql(self, statement: str, **values: object) -> list[Any]:
        assert self._engine is not None
        with self._engine.connect() as connection:
            result = connection.execute(text(statement), values)
            return list(result.all()) if result.returns_rows else []

    def events(self, execution_id: str) -> list[tuple[str, int]]:
        """The audit trail of an execution: event and attempt, oldest first."""
        rows = self.sql(
            "SELECT event, attempt FROM execution_events WHERE execution_id = CAST(:id AS uuid) ORDER BY id",
            id=execution_id,
        )
        return [(row.event, row.attempt) for row in rows]

    def let_lease_lapse(self, execution_id: str) -> None:
        self.sql(
            "UPDATE executions SET lease_until = now() - interval '1 second'"
            " WHERE id = CAST(:id AS uuid) AND status = 'RUNNING'",
            id=execution_id,
        )

    def logs(self, function: str) -> str:
        return "".join(
            path.read_text(errors="replace") for path in (self.state / "logs").iterdir() if function in path.name
        )

    # ---- Processes ------------------------------------------------------------------------------------------------

    def processes(self) -> set[Process]:
        assert self._process is not None
        own = process(self._process.pid)
        return descendants(self._process.pid) | ({own} if own else set())

    def runners(self) -> set[Process]:
        """The processes of RunnerFunction's execution environments, without the programs they run."""
        return {each for each in self.processes() if "livecode_runner.handler" in each.command}

    def postmaster(self) -> Process:
        """The Postgres process that takes connections; those already made have processes of their own."""
        [row] = self.sql("SHOW data_directory")
        found = process(int((Path(row[0]) / "postmaster.pid").read_text().split()[0]))
        assert found is not None
        return found

    def crash_postgres(self) -> Process:
        """The process that was killed. Our own connections go with it, or the next statement would find one dead."""
        assert self._engine is not None
        crashed = self.postmaster()
        crashed.kill()
        self._engine.dispose()
        return crashed

    # ---- Details --------------------------------------------------------------------------------------------------

    def environment(self) -> dict[str, str]:
        # A database or an AWS account of the machine's owner is not ours to write to.
        ours = ("AWS_", "DATABASE_", "LIVECODE_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {
            **kept,
            "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in ("localstack", "layers/runtimes/python")),
            self.port_setting: str(self._port),
            "LIVECODE_STATE_DIR": str(self.state),
            "LIVECODE_PARAMETERS": self._parameters,
        }

    def _aws(self) -> dict[str, Any]:
        return {
            "endpoint_url": self._facts["aws_endpoint_url"],
            "region_name": "us-east-1",
            "aws_access_key_id": "local",
            "aws_secret_access_key": "local",
            "config": Config(retries={"max_attempts": 1}, read_timeout=60),
        }


class LocalStackStack(EmbeddedStack):
    """LocalStack without Docker, with our executor: from behind it looks like the embedded stack."""

    module = "livecode_localstack"
    port_setting = "LIVECODE_LOCALSTACK_PORT"
    serves_without_stage = False
    start_seconds = 180
    stop_seconds = 15

    def function_name(self, logical_id: str) -> str:
        return str(self._facts["functions"][logical_id])


class SamStack(EmbeddedStack):
    """The service under `sam local`, with the project's own state: its images and its SAM CLI take minutes to make."""

    module = "livecode_sam"
    options = ()
    serves_without_stage = False
    start_seconds = 1200
    stop_seconds = 30

    def __init__(self, folder: Path, *, parameters: Mapping[str, str] | None = None) -> None:
        super().__init__(folder, parameters=parameters)
        self._project_state = Path(os.environ.get("LIVECODE_STATE_DIR") or ROOT / ".livecode").resolve()
        self.state = self._project_state / "sam"

    def logs(self, function: str) -> str:
        """What all functions but the API's logged."""
        return super().logs("sam-start-lambda")

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "LIVECODE_STATE_DIR": str(self._project_state)}


@contextmanager
def stack_folder() -> Iterator[Path]:
    """A folder that Postgres and the sandbox, which run as other users, may search."""
    folder = Path(tempfile.mkdtemp(prefix="livecode-e2e-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def running_stack(
    kind: type[EmbeddedStack] = EmbeddedStack, parameters: Mapping[str, str] | None = None
) -> Iterator[EmbeddedStack]:
    """A stack for as long as the block lasts; afterwards all its processes must end in time."""
    with stack_folder() as folder:
        stack = kind(folder, parameters=parameters)
        try:
            stack.start()
            yield stack
            if stack.running:
                took = stack.stop()
                assert took < stack.stop_seconds, f"the stack took {took:.1f} s to end"
        finally:
            stack.kill()
