"""Spawns a command behind the launcher and tells the launcher's failures from the program's."""

import contextlib
import errno
import fcntl
import os
import select
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from livecode_runner.sandbox.phase import CommandNotExecutable, SandboxFailed

_STATUS_DESCRIPTOR = 3  # launcher.h says the same
_LAUNCH_SECONDS = 10.0  # it takes under 1 ms; only a machine in trouble takes longer
# What execve(2) says of a file that it does not execute, rather than of a machine that is short of something.
_REFUSALS = frozenset(
    {
        errno.EACCES,
        errno.EINVAL,
        errno.EISDIR,
        errno.ELIBBAD,
        errno.ELOOP,
        errno.ENOENT,
        errno.ENOEXEC,
        errno.ENOTDIR,
        errno.ENOMEM,
    }
)
_PIPE_BYTES = 1024 * 1024  # fs.pipe-max-size allows it to anyone; node drops what does not fit when it exits


@dataclass(frozen=True, kw_only=True)
class Program:
    """A running program; whoever holds it closes the descriptors and reaps `pid`, then `init`.

    `init` is that of its PID namespace, if it has one: a child of ours too, which ends all in it when it is killed.
    `started` is when it was executed (time.monotonic); by then its process had used `launch_cpu_seconds`.
    """

    pid: int
    init: int | None
    pidfd: int
    stdout: int
    stderr: int
    started: float
    launch_cpu_seconds: float

    def close(self) -> None:
        for descriptor in {self.pidfd, self.stdout, self.stderr}:
            os.close(descriptor)


def spawn(
    launcher: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    *,
    uid: int | None = None,
    merge_streams: bool = False,
) -> Program:
    """Starts a command behind the launcher; returns once it is executing, raises SandboxFailed if it cannot be.

    `uid` is the one that the launcher changes to, if any: the pipes are given to it, so that the program may also open
    them by name, as /dev/stdin, /dev/stdout and /dev/stderr.
    """
    with contextlib.ExitStack() as opened, contextlib.ExitStack() as ours:
        stdin = _ended_pipe(opened)
        stdout, stdout_end = _pipe(ours, opened, size=_PIPE_BYTES)
        stderr, stderr_end = (stdout, stdout_end) if merge_streams else _pipe(ours, opened, size=_PIPE_BYTES)
        status, status_end = _pipe(opened, opened)
        for end in (stdin, stdout_end, stderr_end):
            if uid is not None:
                os.fchown(end, uid, uid)
        try:
            launcher_pid = os.posix_spawn(
                launcher,
                [launcher, *arguments],
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_DUP2, stdin, 0),
                    (os.POSIX_SPAWN_DUP2, stdout_end, 1),
                    (os.POSIX_SPAWN_DUP2, stderr_end, 2),
                    (os.POSIX_SPAWN_DUP2, status_end, _STATUS_DESCRIPTOR),
                ],
            )
        except OSError as error:
            raise SandboxFailed(f"the launcher could not be started: {error.strerror}") from error
        for descriptor in {stdin, stdout_end, stderr_end, status_end}:
            os.close(descriptor)
        opened.pop_all()
        ours.callback(os.close, status)
        report = _parse_status(*_read_to_end(status))
        pid = report.pid
        if pid is None:
            os.kill(launcher_pid, signal.SIGKILL)
        os.waitpid(launcher_pid, 0)
        if pid is None or report.failure is not None:
            for child in filter(None, (pid, report.init)):
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            if report.refused is not None:
                raise CommandNotExecutable(arguments[arguments.index("--") + 1], report.refused)
            raise SandboxFailed(f"the launcher failed: {report.failure or 'it reported nothing'}")
        pidfd = os.pidfd_open(pid)  # not reaped yet, so the number is still its own
        ours.pop_all()
        os.close(status)
        return Program(
            pid=pid,
            init=report.init,
            pidfd=pidfd,
            stdout=stdout,
            stderr=stderr,
            started=report.started_ns / 1e9,
            launch_cpu_seconds=report.launch_cpu_ns / 1e9,
        )


def _ended_pipe(theirs: contextlib.ExitStack) -> int:
    """Makes a pipe that nobody writes to: it reads as empty, and unlike /dev/null an event loop can wait for it."""
    reading, writing = os.pipe2(os.O_CLOEXEC)
    os.close(writing)
    theirs.callback(os.close, reading)
    return reading


def _pipe(ours: contextlib.ExitStack, theirs: contextlib.ExitStack, *, size: int | None = None) -> tuple[int, int]:
    reading, writing = os.pipe2(os.O_CLOEXEC)
    ours.callback(os.close, reading)
    theirs.callback(os.close, writing)
    if size is not None:
        os.set_blocking(reading, False)
        with contextlib.suppress(OSError):  # over the user's share of pipe memory: the usual 64 KiB do
            fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, size)
    return reading, writing


def _read_to_end(descriptor: int) -> tuple[bytes, bool]:
    """Reads the status pipe to its end, which comes when the launcher has executed the command, or failed.

    The second value is False if the end does not come in time.
    """
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    received = b""
    while poll.poll(_LAUNCH_SECONDS * 1000):
        chunk = os.read(descriptor, 4096)
        if not chunk:
            return received, True
        received += chunk
    return received, False


@dataclass(frozen=True, kw_only=True)
class _Report:
    pid: int | None
    init: int | None
    started_ns: int
    launch_cpu_ns: int
    failure: str | None
    refused: int | None  # the error with which the kernel refused the file, if it was that


def _parse_status(received: bytes, complete: bool) -> _Report:
    """Parses what the launcher reports: lines such as `init 11`, `pid 12` and `error landlock rule 13`."""
    ids: dict[str, int] = {}
    failure, refused = None if complete else "it hangs", None
    for line in received.decode().splitlines():
        word, *rest = line.split()
        if word == "error":
            failure = f"{' '.join(rest[:-1])}: {os.strerror(int(rest[-1]))}"
            refused = int(rest[-1]) if rest[0] == "exec" and int(rest[-1]) in _REFUSALS else None
        else:
            ids[word] = int(rest[0])
    return _Report(
        pid=ids.get("pid"),
        init=ids.get("init"),
        started_ns=ids.get("started_ns", 0),
        launch_cpu_ns=ids.get("launch_cpu_ns", 0),
        failure=failure,
        refused=refused,
    )
