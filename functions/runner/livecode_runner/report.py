"""What GET /languages and GET /health/workers show of a runner: nothing that a run depends on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from livecode.logs import StructuredLogger

_TRY_AGAIN_SECONDS = 60.0


class Runtimes(Protocol):
    def report(self, versions: Mapping[str, str]) -> None: ...
    def report_sandbox(self, layers: Mapping[str, bool]) -> None: ...


@dataclass(kw_only=True)
class Report:
    """What a runner tells of itself: its layers, and the versions of its languages.

    `send` is called at start and after each event, and does nothing once the report has arrived.
    """

    runtimes: Runtimes
    layers: Mapping[str, bool]
    versions: Callable[[], Mapping[str, str]]
    logger: StructuredLogger
    clock: Callable[[], float] = time.monotonic
    _sent: bool = field(default=False, init=False)
    _tried_at: float | None = field(default=None, init=False)

    def send(self) -> None:
        """Sends the report, at most once a minute; never raises, since a runner that cannot report can still run."""
        now = self.clock()
        if self._sent or (self._tried_at is not None and now - self._tried_at < _TRY_AGAIN_SECONDS):
            return
        self._tried_at = now
        try:
            self.runtimes.report_sandbox(self.layers)
            self.runtimes.report(self.versions())
        except Exception:
            self.logger.warning("not reported", exc_info=True)
        else:
            self._sent = True
