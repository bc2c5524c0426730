"""System calls that Python does not have, and a child process for what cannot be undone."""

import ctypes
import errno
import json
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, cast

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"
Observer: TypeAlias = Callable[[], Json]

ATTEMPT_SECONDS = 3
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True)


class NotObserved(Exception):
    """What was to be found out could not be; the text says why."""


def check(result: int) -> int:
    """Returns the result of a function of libc; raises OSError where that is -1."""
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def system_call(number: int, *arguments: int) -> int:
    return check(_libc.syscall(ctypes.c_long(number), *(ctypes.c_long(argument) for argument in arguments)))


def prctl(option: int, *arguments: int) -> int:
    padded = [*arguments, 0, 0, 0, 0][:4]
    return check(_libc.prctl(option, *(ctypes.c_ulong(argument) for argument in padded)))


def describe(error: BaseException) -> str:
    """Names an exception, never by a text that is not ours: that might hold anything."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"{errno.errorcode.get(error.errno, error.errno)} ({os.strerror(error.errno)})"
    return str(error) if isinstance(error, NotObserved) else type(error).__name__


def verdict(attempt: Callable[[], object]) -> str:
    """`yes`, or the name of the error that refused it."""
    try:
        attempt()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, "OSError")
    return "yes"


def allowed(attempt: Callable[[], object]) -> bool:
    return verdict(attempt) == "yes"


def list_folder(path: Path) -> list[str]:
    return [entry.name for entry in path.iterdir()]


def in_child(observe: Observer) -> Json:
    """Calls a function in a child, which ends with us and after some seconds.

    Returns its result. Raises NotObserved.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            signal.alarm(ATTEMPT_SECONDS)
            answer: dict[str, Json] = {"value": observe()}
        except BaseException as error:  # noqa: BLE001 - the child must end here, whatever it was
            answer = {"error": describe(error)}
        os.write(writing, json.dumps(answer).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        printed = file.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        raise NotObserved(f"killed by {signal.Signals(os.WTERMSIG(status)).name}")
    found = json.loads(printed)
    if "error" in found:
        raise NotObserved(found["error"])
    return cast(Json, found["value"])
