"""What GET /languages and GET /health/workers show of a runner: nothing that a run depends on."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aws_lambda_powertools import Logger

_TRY_AGAIN_SECONDS = 60.0


class Runtimes(Protocol):
    def report(self, versions: Mapping[str, str]) -> None: ...
    def report_sandbox(self, layers: Mapping[str, bool]) -> None: ...


@dataclass(kw_only=True)
class Report:
    """Made at start; `send` is called then and after each event, and does nothing once the report has arrived."""

    runtimes: Runtimes
    layers: Mapping[str, bool]
    versions: Callable[[], Mapping[str, str]]
    logger: Logger
    clock: Callable[[], float] = time.monotonic
    _sent: bool = field(default=False, init=False)
    _tried_at: float | None = field(default=None, init=False)

    def send(self) -> None:
        """Never raises: a runner that cannot report can still run."""
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
