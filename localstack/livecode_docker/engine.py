"""The Docker engine: the developer's, or as root, where none answers, one of our own that ends with us.

Our own keeps its images in .livecode/docker, so that the next start finds them. Its builds use Docker's own builder,
not BuildKit: Debian's client may come without buildx, and `sam build` then finds the layers in the same cache.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from livecode_embedded.errors import StackError
from livecode_embedded.processes import start_process

_START_SECONDS = 60
_STOP_SECONDS = 30
_ADVICE = "Install Docker and start it; as root on Debian the packages docker.io and mmdebstrap are enough."


@dataclass(frozen=True, kw_only=True)
class DockerEngine:
    """A Docker engine; `environment` is what a `docker` or `sam` command needs to reach it."""

    client: str
    environment: dict[str, str]

    def docker(self, *arguments: str, check: bool = True, **options: object) -> "subprocess.CompletedProcess[str]":
        """Runs the client. Raises StackError with the last line that it printed."""
        done: subprocess.CompletedProcess[str] = subprocess.run(  # type: ignore[call-overload]
            [self.client, *arguments],
            **{"env": self.environment, "check": False, "text": True, "capture_output": True, **options},
        )
        if check and done.returncode:
            lines = ((done.stdout or "") + (done.stderr or "")).strip().splitlines() or ["no reason given"]
            raise StackError(f"docker {arguments[0]} fails: {lines[-1]}")
        return done

    def answers(self) -> bool:
        done = self.docker("version", "--format", "{{.Server.Version}}", check=False)
        return done.returncode == 0 and bool(done.stdout.strip())


@contextlib.contextmanager
def docker_engine(state: Path, *, network: bool = False) -> Iterator[DockerEngine]:
    """Raises StackError, in one line, if no engine can be had.

    `network` gives our own engine Docker's bridge, for `-p`; without it containers have the host's network or none.
    """
    client = shutil.which("docker")
    if client is None:
        raise StackError(f"There is no docker. {_ADVICE}")
    engine = DockerEngine(client=client, environment=dict(os.environ))
    if engine.answers():
        yield engine
        return
    daemon = shutil.which("dockerd")
    if os.geteuid() != 0:
        raise StackError(f"No Docker engine answers. Start it, or enter the group docker. {_ADVICE}")
    if daemon is None:
        raise StackError(f"No Docker engine answers, and there is no dockerd. {_ADVICE}")
    with _own_engine(client, daemon, state / "docker", network) as own:
        yield own


@contextlib.contextmanager
def _own_engine(client: str, daemon: str, state: Path, network: bool) -> Iterator[DockerEngine]:
    state.mkdir(mode=0o711, exist_ok=True)
    with _alone_in(state), tempfile.TemporaryDirectory(prefix="livecode-docker-") as folder:
        address = f"unix://{folder}/docker.sock"
        # No rule of the host's firewall is touched, and no forwarding is switched on.
        options = ["--iptables=false", "--ip6tables=false", "--ip-forward=false", "--ip-masq=false"]
        options.append("--bip=172.31.250.1/24" if network else "--bridge=none")
        folders = ["--data-root", f"{state}/data", "--exec-root", f"{folder}/exec", "--pidfile", f"{folder}/pid"]
        log = state / "dockerd.log"
        with log.open("wb") as output:
            process = start_process(
                [daemon, "--host", address, *folders, *options],
                environment=dict(os.environ),
                folder=Path("/"),
                output=output.fileno(),
                death_signal="TERM",
            )
        try:
            environment = {**os.environ, "DOCKER_HOST": address, "DOCKER_BUILDKIT": "0"}
            engine = DockerEngine(client=client, environment=environment)
            _wait_for(engine, process, log)
            yield engine
        finally:
            _stop(process)
            _unmount_below(folder, f"{state}/data")


def _wait_for(engine: DockerEngine, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not engine.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = log.read_text(errors="replace").strip().splitlines() or ["no reason given"]
            raise StackError(f"dockerd does not start: {lines[-1]} (log: {log})")
        time.sleep(0.05)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """Stops a dockerd, which ends its containers and unmounts what it mounted."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _unmount_below(*folders: str) -> None:
    """Unmounts what dockerd leaves: the mount by which it kept the host's network for containers."""
    places = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(places):
        if any(place == folder or place.startswith(f"{folder}/") for folder in folders):
            subprocess.run(["umount", place], check=False, capture_output=True)


@contextlib.contextmanager
def _alone_in(state: Path) -> Iterator[None]:
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StackError(f"Another command runs Docker in {state}; wait for its end.") from error
        yield
