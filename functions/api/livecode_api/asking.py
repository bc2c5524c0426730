"""Asks something that may hang, and waits for the answer no longer than the asker has time.

Timeouts of sockets bound each step, not their sum: one answer of a database that hangs may take a check of the old
connection, the way to a new one, and the statement. So a question is asked in a thread of its own, which ends by those
timeouts later; until then it may hold the process's one connection, and nobody could use that anyway.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Generic, TypeVar

T = TypeVar("T")


class Asked(Generic[T]):
    """A question under way from the moment that this is made."""

    def __init__(self, question: Callable[[], T], *, within_seconds: float) -> None:
        self._ends = time.monotonic() + within_seconds
        self._question = question
        self._future: Future[T] = Future()
        threading.Thread(target=self._ask, daemon=True).start()

    def answer(self) -> T:
        """Raises what the question raises, and TimeoutError when the time is over."""
        return self._future.result(timeout=max(0.0, self._ends - time.monotonic()))

    def _ask(self) -> None:
        try:
            self._future.set_result(self._question())
        except Exception as error:  # noqa: BLE001 - it is the asker's, whatever it is
            self._future.set_exception(error)
