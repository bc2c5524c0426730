"""A runner to attack, and all around it that an attack might be after: another runner, its run, servers, secrets.

    runner      runs the attack
    victim      another runner of the same uid, with a secret in its environment and memory
    other run   a program that the victim runs meanwhile, with a secret in its source, memory and output
    servers     TCP (a Runtime API that would answer with a secret), UDP, Unix sockets with and without a path

Everything is compared before and after. Nothing here is told to the attacking program but ids, ports and paths.
"""

import contextlib
import http.server
import json
import os
import secrets
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livecode.domain import Outcome, Reason, Status
from tests.sandbox.attacks.attack import Attack
from tests.sandbox.attacks.observer import files_named, flags_of, kernel_objects, look_at, look_at_system, processes_of
from tests.sandbox.conftest import REPOSITORY, SANDBOX, SECRET, SERVER, readable_by_all

_ANSWER_SECONDS = 60
_OTHER_RUN = """
import time
secret = {secret!r}
print(secret, flush=True)
open('ready', 'w').write(secret)
while True: time.sleep(600)
"""


class Runner:
    """A program server (program_server.py) of our own, in a session of its own."""

    def __init__(self, without: Collection[str], path: str, uid: int | None, root: str) -> None:
        interpreter = sys.executable if uid is None or readable_by_all(sys.executable) else "/usr/bin/python3"
        python_path = [REPOSITORY / "functions/runner", REPOSITORY / "layers/runtimes/python"]
        identity: dict[str, Any] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
        self.process = subprocess.Popen(
            [interpreter, str(SERVER), path, root, *without],
            env={"PATH": path, "PYTHONPATH": ":".join(map(str, python_path)), "AWS_SECRET_ACCESS_KEY": SECRET},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
            **identity,
        )
        self._received = b""
        report = self.receive()
        assert report is not None, "the runner does not start"
        self.pid: int = report["pid"]
        self.layers: dict[str, bool] = report["layers"]

    def send(self, language: str, source_code: str, limits: Mapping[str, float]) -> None:
        assert self.process.stdin is not None
        request = {
            "language": language,
            "source_code": source_code,
            "limits": {"run_wall_time_seconds": 20, "compile_wall_time_seconds": 20, **limits},
            "time_left_seconds": 700,
        }
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()

    def receive(self) -> Any:
        """None if it died or does not answer."""
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        while b"\n" not in self._received:
            if not select.select([descriptor], [], [], _ANSWER_SECONDS)[0]:
                return None
            chunk = os.read(descriptor, 1 << 20)
            if not chunk:
                return None
            self._received += chunk
        line, _, self._received = self._received.partition(b"\n")
        return json.loads(line)

    def run(self, language: str, source_code: str, **limits: float) -> tuple[Outcome | None, list[int]]:
        """The outcome, and the processes that are left. No outcome: the runner died, or could not run it."""
        try:
            self.send(language, source_code, limits)
        except BrokenPipeError:
            return None, []
        answer = self.receive()
        if answer is None or "outcome" not in answer:
            return None, []
        fields = answer["outcome"]
        fields["status"] = Status(fields["status"])
        fields["reason"] = fields["reason"] and Reason(fields["reason"])
        return Outcome(**fields), answer["children"]

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(timeout=10)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()


class _RuntimeApi(http.server.BaseHTTPRequestHandler):
    """Answers everybody with the secret, and counts them."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.secret.encode())  # type: ignore[attr-defined]

    def setup(self) -> None:
        self.server.visitors += 1  # type: ignore[attr-defined]
        super().setup()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Servers:
    """What listens on this machine and must hear nothing. `visits` counts who came."""

    def __init__(self, token: str, secret: str, folder: Path) -> None:
        self._http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _RuntimeApi)
        self._http.secret = secret  # type: ignore[attr-defined]
        self._http.visitors = 0  # type: ignore[attr-defined]
        self.port: int = self._http.server_address[1]
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.bind(("127.0.0.1", 0))
        self.udp_port: int = self._udp.getsockname()[1]
        self._abstract = socket.socket(socket.AF_UNIX)
        self._abstract.bind(f"\0livecode-{token}")
        self._named = socket.socket(socket.AF_UNIX)
        self._named.bind(str(folder / "socket"))
        self._datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._datagrams.bind(f"\0livecode-{token}-datagrams")
        for listener in (self._abstract, self._named):
            listener.listen(50)
        for waiting in (self._udp, self._abstract, self._named, self._datagrams):
            waiting.setblocking(False)
        self._visits = 0

    def visits(self) -> int:
        for datagrams in (self._udp, self._datagrams):
            with contextlib.suppress(BlockingIOError):
                while datagrams.recv(1000):
                    self._visits += 1
        for listener in (self._abstract, self._named):
            with contextlib.suppress(BlockingIOError):
                while connection := listener.accept()[0]:
                    connection.close()
                    self._visits += 1
        return self._visits + int(self._http.visitors)  # type: ignore[attr-defined]

    def close(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        for open_socket in (self._udp, self._abstract, self._named, self._datagrams):
            open_socket.close()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`open` if the attack did what it must not, `shut` if it tried and could not."""

    word: str
    changes: frozenset[str]
    evidence: list[str]
    outcome: Outcome | None

    def __str__(self) -> str:
        return f"{self.word}: {'; '.join(self.evidence) or 'nothing happened'}\n{self.outcome}"


class Arena:
    """`damaged` once an attack changed something: then make a new one."""

    def __init__(self, path: str, *, without: Collection[str], uid: int | None) -> None:
        self.token = secrets.token_hex(6)
        self.damaged = False
        self._secrets = {SECRET, secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(16)}
        _, other_secret, server_secret, file_secret = (SECRET, *sorted(self._secrets - {SECRET}))
        self.root = tempfile.mkdtemp(prefix="livecode-runs-")
        Path(self.root).chmod(0o1777)  # as /tmp is
        self.outside = Path(tempfile.mkdtemp(prefix="livecode-outside-"))
        (self.outside / "secret").write_text(file_secret)
        (self.outside / "secret").chmod(0o600)
        self._run_uids = set() if uid is None else {uid}
        self._servers = Servers(self.token, server_secret, self.outside)
        for entry in (self.outside, *self.outside.iterdir()):
            entry.chmod(0o600 if entry.is_file() else 0o700)
            os.chown(entry, -1 if uid is None else uid, -1)
        # The runner first: the victim is then not yet there, and it is alone with its uid, as on Lambda.
        self.runner = Runner(without, path, uid, self.root)
        self.layers = self.runner.layers
        self.victim = Runner(without, path, uid, self.root)
        self.other_run, self.other_pid = self._start_other_run(other_secret)
        self.started = self._look()

    @property
    def base(self) -> Path:
        return self.other_run.parent

    def attributes_of_base(self) -> str | None:
        """What is set on the folder of runs that a runner does not set there."""
        names = [name for name in os.listxattr(self.base) if name.startswith(("user.", "system.posix_acl"))]
        flags = flags_of(self.base) & 0x10008  # FS_SYNC_FL, FS_DIRSYNC_FL
        return f"attributes {names}, flags {flags:#x}" if names or flags else None

    def facts(self, *, attack_the_runner: bool) -> dict[str, object]:
        """What every attack knows; the process that runs it is among the targets only if it may be harmed."""
        targets = [self.victim.pid, self.other_pid]
        return {
            "runner": self.runner.pid,
            "victim": self.victim.pid,
            "other": self.other_pid,
            "runners": [self.victim.pid, self.runner.pid] if attack_the_runner else [self.victim.pid],
            "targets": [*targets, self.runner.pid] if attack_the_runner else targets,
            "port": self._servers.port,
            "udp_port": self._servers.udp_port,
            "token": self.token,
            "other_run": str(self.other_run),
            "base": str(self.base),
            "outside": str(self.outside),
            "code": str(SANDBOX / "supervisor.py"),
        }

    def attempt(self, attack: Attack, *, attack_the_runner: bool) -> Verdict:
        """Runs it, looks around, and lets the next run print 1. Raises AssertionError if the attack itself broke."""
        program = attack.program(self.facts(attack_the_runner=attack_the_runner))
        outcome, children = self.runner.run(attack.language, program, **attack.limits)
        evidence, changes = [], set()
        if outcome is not None:
            printed = f"{outcome.stdout}\n{outcome.stderr}\n{outcome.compile_output}"
            evidence += [line for line in outcome.stdout.splitlines() if line.startswith("open")]
            if any(secret in printed for secret in self._secrets):
                evidence.append("it read a secret")
            if complaint := attack.witness(self, outcome):
                evidence.append(complaint)
        if children:
            changes.add("processes")
        after = self._look()
        for name, before in self.started.items():
            if after[name] != before:
                changes.add(name)
                evidence.append(f"{name}: {_difference(before, after[name])}")
        following = self.runner.run("python", "print(1)")[0]
        if following is None or following.stdout != "1\n":
            changes.add("next run")
            evidence.append(f"the next run does not print 1: {following}")
        self.damaged = self.damaged or bool(changes)
        if not evidence and outcome is not None:
            assert _with_final_newline(outcome) & set(attack.ends), f"the attack did not get to its end: {outcome}"
        return Verdict(
            word="open" if evidence else "shut", changes=frozenset(changes), evidence=evidence, outcome=outcome
        )

    def close(self) -> None:
        self.runner.stop()
        self.victim.stop()
        self._servers.close()
        for name in files_named(self.token, self._run_uids):
            if Path(name).is_dir() and not Path(name).is_symlink():
                shutil.rmtree(name, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    Path(name).unlink()
        for folder in (self.root, self.outside):
            shutil.rmtree(folder, ignore_errors=True)

    def _start_other_run(self, secret: str) -> tuple[Path, int]:
        self.victim.send("python", _OTHER_RUN.format(secret=secret), {"run_wall_time_seconds": 600})
        deadline = time.monotonic() + _ANSWER_SECONDS
        while not (ready := list(Path(self.root).glob("*/run-*/work/ready"))) or not ready[0].read_text():
            assert time.monotonic() < deadline, "the other run does not start"
            time.sleep(0.005)
        children = Path(f"/proc/{self.victim.pid}/task/{self.victim.pid}/children").read_text().split()
        return ready[0].parents[1], int(children[-1])  # behind the init of its PID namespace, if it has one

    def _look(self) -> dict[str, object]:
        spared = {self.runner.pid, self.victim.pid, self.other_pid}
        run_uids = self._run_uids if self.runner.layers["separate_uid"] else ()
        shared = files_named(self.token, self._run_uids if self.runner.layers["separate_uid"] is False else ())
        return {
            "runner": look_at(self.runner.pid),
            "victim": look_at(self.victim.pid),
            "other run": look_at(self.other_pid),
            "init": look_at(1),
            "processes": processes_of(self.root, run_uids) - spared,
            "files": sorted(map(str, Path(self.root).glob("*/*"))),
            "base folder": [(path.name, path.stat().st_mode) for path in Path(self.root).iterdir()],
            "other folders": sorted(path.name for path in self.outside.iterdir()),
            "shared folders": sorted(shared),
            "kernel objects": sorted(kernel_objects(self.token, self._run_uids)),
            "visits": self._servers.visits(),
            "system": look_at_system(),
        }


def _with_final_newline(outcome: Outcome) -> set[str]:
    words: set[str | None] = {outcome.signal, outcome.status.value, outcome.reason and outcome.reason.value}
    if outcome.stdout.splitlines()[-1:] == ["end"]:
        words.add("end")
    return {word for word in words if word} - {"COMPLETED"}


def _difference(before: object, after: object) -> object:
    if isinstance(before, dict) and isinstance(after, dict):
        return {key: after.get(key) for key in before if before[key] != after.get(key)}
    return after
