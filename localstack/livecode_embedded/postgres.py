"""A private Postgres: made at the first start, kept over restarts, never run as root."""

import asyncio
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from livecode_embedded.errors import StackError
from livecode_embedded.log_files import trim
from livecode_embedded.ports import free_port
from livecode_embedded.postgres_binaries import PostgresBinaries, system_postgres, wheel_postgres
from livecode_embedded.processes import exit_status, kill_tree, start_process
from livecode_embedded.state import write_private

_DATABASE = "livecode"
_START_SECONDS = 60
_STOP_SECONDS = 2.5
_RETRY_SECONDS = 1
_TRIM_SECONDS = 30
# Root's Postgres runs as the user of that name; where there is none, under this uid, which nobody has. initdb,
# however, insists on a user with a name, so that `nobody` makes the cluster and hands it over.
_USER = "postgres"
_UNNAMED_ID = 54320
_NAMED_USER = "nobody"

# fsync stays on: a commit took 0.8 ms with it and 0.1 ms without (median of 300 on a laptop's disk).
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "max_wal_size": "256MB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
}


class Postgres:
    """A private Postgres. `url` is known once `start` has returned.

    An unexpected end is answered with a new start, and `on_restart`.
    """

    def __init__(
        self, state: Path, *, log: Callable[[str], None], on_restart: Callable[[], None] = lambda: None
    ) -> None:
        self._state = state
        self._data = state / "postgres" / "data"
        self._secrets = state / "postgres.json"
        self._log_file = state / "logs" / "postgres.log"
        self._log = log
        self._on_restart = on_restart
        self._process: subprocess.Popen[bytes] | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._upkeep: asyncio.Task[None] | None = None
        self._binaries: PostgresBinaries | None = None
        self.url = ""

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Raises StackError with the last line of Postgres's own log."""
        self._binaries = self._find_binaries()
        self._log_file.parent.mkdir(mode=0o700, exist_ok=True)
        password, port = self._read_secrets()
        if not (self._data / "PG_VERSION").exists():
            await asyncio.to_thread(self._create, password)
        await self._end_leftover()
        if not _free(port):
            port = free_port()
            self._write_secrets(password, port)
        self.url = f"postgresql://{_DATABASE}:{password}@127.0.0.1:{port}/{_DATABASE}"
        await self._run(port)
        loop = asyncio.get_running_loop()
        self._supervisor = loop.create_task(self._supervise(port))
        self._upkeep = loop.create_task(self._keep_log_small())

    async def stop(self) -> None:
        for task in filter(None, (self._supervisor, self._upkeep)):
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGINT)  # "fast": ends sessions and leaves a clean cluster
        ended = asyncio.get_running_loop().create_task(exit_status(self._process))
        await asyncio.wait({ended}, timeout=_STOP_SECONDS)
        if not ended.done():
            kill_tree(self._process.pid)
        await ended

    def _find_binaries(self) -> PostgresBinaries:
        found = [*system_postgres(), *wheel_postgres(self._state / "toolchain")]
        if not found:
            raise StackError("There is no Postgres 15 or newer; install one, or give DATABASE_URL.")
        version_file = self._data / "PG_VERSION"
        if not version_file.exists():
            return found[0]
        version = int(version_file.read_text())
        for binaries in found:
            if binaries.version == version:
                return binaries
        raise StackError(f"{self._data} was made by Postgres {version}, which is gone; `make clean` starts afresh.")

    def _read_secrets(self) -> tuple[str, int]:
        try:
            kept = json.loads(self._secrets.read_text())
            return kept["password"], kept["port"]
        except (OSError, ValueError, KeyError):
            password, port = secrets.token_urlsafe(18), free_port()
            # A cluster whose password is lost is of no use.
            shutil.rmtree(self._data, ignore_errors=True)
            self._write_secrets(password, port)
            return password, port

    def _write_secrets(self, password: str, port: int) -> None:
        write_private(self._secrets, json.dumps({"password": password, "port": port}))

    def _create(self, password: str) -> None:
        """Makes the cluster with its one database. A half-made one, from a kill, is thrown away first."""
        assert self._binaries is not None
        parent = self._data.parent
        shutil.rmtree(parent, ignore_errors=True)
        parent.mkdir(mode=0o700)
        password_file = parent / "password"
        write_private(password_file, password)
        new = parent / "new"
        creator = _initdb_identity()
        if creator:
            _hand_over(parent, creator)
        initdb = [
            str(self._binaries.folder / "initdb"), "-D", str(new), "-U", _DATABASE, "-E", "UTF8", "--no-locale",
            "--auth=scram-sha-256", f"--pwfile={password_file}", "--no-sync", "--no-instructions",
        ]  # fmt: skip
        self._run_once(initdb, creator)
        single = [str(self._binaries.folder / "postgres"), "--single", "-D", str(new), "postgres"]
        self._run_once(single, creator, f"CREATE DATABASE {_DATABASE};\n".encode())
        password_file.unlink()
        if identity := _identity():
            _hand_over(parent, identity)
        new.rename(self._data)

    def _run_once(self, command: list[str], user: tuple[int, int] | None, stdin: bytes = b"") -> None:
        uid_and_gid = ["--reuid", str(user[0]), "--regid", str(user[1]), "--clear-groups"] if user else []
        identity = ["setpriv", *uid_and_gid, "--"] if user else []
        process = subprocess.run(
            [*identity, *command], input=stdin, capture_output=True, check=False, cwd="/", env=_ENVIRONMENT
        )
        with self._log_file.open("ab") as log:
            log.write(process.stdout + process.stderr)
        if process.returncode:
            raise self._failure()

    async def _keep_log_small(self) -> None:
        while True:
            trim(self._log_file)
            await asyncio.sleep(_TRIM_SECONDS)

    async def _run(self, port: int) -> None:
        assert self._binaries is not None
        settings = {**_SETTINGS, "port": str(port)}
        options = [argument for name, value in settings.items() for argument in ("-c", f"{name}={value}")]
        with self._log_file.open("ab") as log:
            self._process = start_process(
                [str(self._binaries.folder / "postgres"), "-D", str(self._data), *options],
                environment=_ENVIRONMENT,
                folder=Path("/"),
                output=log.fileno(),
                identity=_identity(),
                death_signal="INT",
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            if _ready(self._data / "postmaster.pid", self._process.pid):
                return
            await asyncio.sleep(0.01)
        kill_tree(self._process.pid)
        await exit_status(self._process)
        raise self._failure()

    async def _supervise(self, port: int) -> None:
        while self._process:
            status = await exit_status(self._process)
            self._log(f"Postgres ended with status {status}; it is started again")
            await self._run_again(port)
            self._on_restart()

    async def _run_again(self, port: int) -> None:
        """Tries until it serves: the port, the disk or the memory of the one before may take a while to come free."""
        while True:
            try:
                return await self._run(port)
            except (StackError, OSError) as error:
                self._log(f"{error}; it is tried again in {_RETRY_SECONDS} s")
            await asyncio.sleep(_RETRY_SECONDS)

    async def _end_leftover(self) -> None:
        """Ends a Postgres that a killed stack has left, and removes its pid file.

        Postgres itself takes any process of that number for a living server, and numbers come round again soon.
        """
        pid_file = self._data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        deadline = time.monotonic() + _STOP_SECONDS
        while _serves(pid, self._data):
            if time.monotonic() > deadline:
                kill_tree(pid)
            await asyncio.sleep(0.02)
        pid_file.unlink(missing_ok=True)

    def _failure(self) -> StackError:
        lines = self._log_file.read_text(errors="replace").strip().splitlines()
        telling = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error", "ERROR"))]
        cause = (telling or lines or ["no reason given"])[-1]
        return StackError(f"Postgres does not start: {cause} (log: {self._log_file})")


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def _identity() -> tuple[int, int] | None:
    """Returns the uid and gid that Postgres runs under, if not our own."""
    if os.geteuid() != 0:
        return None
    return _ids(_USER) or (_UNNAMED_ID, _UNNAMED_ID)


def _initdb_identity() -> tuple[int, int] | None:
    """Returns the uid and gid that initdb runs under, if not our own: it wants a user with a name."""
    if os.geteuid() != 0:
        return None
    return _ids(_USER) or _ids(_NAMED_USER)


def _ids(user: str) -> tuple[int, int] | None:
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return None
    return entry.pw_uid, entry.pw_gid


def _hand_over(folder: Path, identity: tuple[int, int]) -> None:
    for path in (folder, *folder.rglob("*")):
        os.lchown(path, *identity)


def _ready(pid_file: Path, pid: int) -> bool:
    """Postgres writes its state into the last line of its pid file."""
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _serves(pid: int, data: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").resolve() == data and Path(f"/proc/{pid}/comm").read_text() == "postgres\n"
    except OSError:
        return False


def _free(port: int) -> bool:
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
