"""The image in a container like Lambda's: a uid without any privilege, a read-only root, no /dev/shm, no other network
than the machine's own, and AWS's emulator as PID 1, which starts the runtime and hands it events.
"""

import json
import re
import socket
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from livecode_docker.engine import DockerEngine
from livecode_docker.images import RUNNER_IMAGE
from livecode_embedded.errors import StackError
from livecode_embedded.ports import free_ports

_LIKE_LAMBDA = (
    "--network=host",
    "--user=993:990",
    "--cap-drop=ALL",
    "--security-opt=no-new-privileges",
    "--read-only",
    "--ipc=none",
    "--tmpfs=/tmp:exec,mode=1777,size=512m",
    "--ulimit=nproc=1024:1024",
    "--ulimit=nofile=1024:1024",
    "--pids-limit=1024",
)
_EMULATOR = "/usr/local/bin/aws-lambda-rie"
_START_SECONDS = 30
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
_STATUS_LINE = re.compile(r"(\w+):\s+(\d+)")


@dataclass(frozen=True, kw_only=True)
class Answer:
    payload: Any
    duration_ms: float


class LambdaContainer:
    """A container like Lambda's, started by the constructor and removed by `close`. Takes one event at a time."""

    def __init__(
        self,
        engine: DockerEngine,
        emulator: Path,
        *,
        variables: Mapping[str, str],
        memory_mb: int,
        timeout_seconds: float,
        mounts: Mapping[Path, str] = {},
        options: Sequence[str] = (),
    ) -> None:
        self._engine = engine
        self.name = f"livecode-lambda-{uuid4().hex[:12]}"
        self.port, self.runtime_api_port = free_ports(2)
        self._answer_seconds = timeout_seconds + 30
        variables = {
            **variables,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(memory_mb),
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(int(timeout_seconds)),
        }
        mounts = {emulator: _EMULATOR, **mounts}
        self.started = time.monotonic()
        engine.docker(
            "run", "--detach", f"--name={self.name}", f"--memory={memory_mb}m", f"--memory-swap={memory_mb}m",
            f"--entrypoint={_EMULATOR}", *_LIKE_LAMBDA, *options,
            *(f"--volume={source}:{target}:ro" for source, target in mounts.items()),
            *(f"--env={name}={value}" for name, value in variables.items()),
            RUNNER_IMAGE,
            "--runtime-interface-emulator-address", f"127.0.0.1:{self.port}",
            "--runtime-api-address", f"127.0.0.1:{self.runtime_api_port}",
            "/opt/livecode/bin/python", "-m", "awslambdaric", "livecode_runner.handler.lambda_handler",
        )  # fmt: skip
        self._wait()

    @property
    def url(self) -> str:
        """Returns where the emulator takes events, by Lambda's call Invoke; it calls every function `function`."""
        return f"http://127.0.0.1:{self.port}"

    def invoke(self, event: Mapping[str, Any]) -> Answer:
        started = time.monotonic()
        call = urllib.request.Request(
            f"{self.url}/2015-03-31/functions/function/invocations",
            data=json.dumps(event).encode(),
            headers={"Content-Type": "application/json"},
        )
        with _OPENER.open(call, timeout=self._answer_seconds) as response:
            answered = response.read()
        duration_ms = (time.monotonic() - started) * 1000
        try:
            return Answer(payload=json.loads(answered), duration_ms=duration_ms)
        except ValueError:  # the emulator says in plain words that the function took too long
            return Answer(payload=answered.decode(errors="replace"), duration_ms=duration_ms)

    def execute(self, *command: str, check: bool = True) -> str:
        """Runs a command beside the runtime, as its user; returns what it prints."""
        done = self._engine.docker("exec", self.name, *command, check=False)
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        return done.stdout + done.stderr

    def pause(self) -> None:
        """Freezes every process, as Lambda does between invocations."""
        self._engine.docker("pause", self.name)

    def unpause(self) -> None:
        self._engine.docker("unpause", self.name)

    def logs(self) -> str:
        done = self._engine.docker("logs", self.name)
        return done.stdout + done.stderr

    def steps(self, message: str) -> list[dict[str, Any]]:
        """Returns the function's own log lines with this message."""
        lines = [json.loads(line) for line in self.logs().splitlines() if line.startswith("{")]
        return [line for line in lines if line.get("message") == message]

    def processes(self) -> dict[int, str]:
        """Lists the commands of the processes by their ids inside, without those that look."""
        script = 'for each in /proc/[0-9]*; do echo "${each#/proc/} $(tr "\\0" " " < $each/cmdline)"; done'
        lines = self.execute("sh", "-c", script, check=False).splitlines()
        found = {int(pid): command for pid, _, command in (line.partition(" ") for line in lines) if pid.isdigit()}
        return {pid: command for pid, command in found.items() if command.strip() and script[:20] not in command}

    def runtime_status(self) -> dict[str, int]:
        """Numbers of /proc/PID/status of the process that runs the handler."""
        (pid,) = [pid for pid, command in self.processes().items() if "-m awslambdaric" in command and pid != 1]
        return {name: int(number) for name, number in _STATUS_LINE.findall(self.execute("cat", f"/proc/{pid}/status"))}

    def files(self) -> list[str]:
        return sorted(self.execute("find", "/tmp", "-mindepth", "1").splitlines())

    def close(self) -> None:
        self._engine.docker("rm", "--force", self.name)

    def _wait(self) -> None:
        while time.monotonic() - self.started < _START_SECONDS:
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        logs = self.logs()
        self.close()
        raise StackError(f"The emulator does not listen: {logs[-2000:]}")
