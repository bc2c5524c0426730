"""Calls functions that may hang, and waits for their results no longer than the caller has time.

Timeouts of sockets bound each step, not their sum: one answer of a database that hangs may take a check of the old
connection, the way to a new one, and the statement. So the function is called in a thread of its own, which ends by
those timeouts later; until then it may hold the process's one connection, and nobody could use that anyway.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class TimedCall(Generic[T]):
    """A call that is under way from the moment that this is made, and must end within some seconds."""

    def __init__(self, function: Callable[[], T], *, within_seconds: float) -> None:
        self._ends = time.monotonic() + within_seconds
        self._function = function
        self._future: Future[T] = Future()
        threading.Thread(target=self._call, daemon=True).start()

    def result(self) -> T:
        """Raises what the function raises, and TimeoutError when the time is over."""
        return self._future.result(timeout=max(0.0, self._ends - time.monotonic()))

    def _call(self) -> None:
        try:
            self._future.set_result(self._function())
        except Exception as error:  # noqa: BLE001 - it is the caller's, whatever it is
            self._future.set_exception(error)
