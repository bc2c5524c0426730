"""Consumes one batch of dead letters, and gives back those whose time has not come."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Protocol

from livecode.errors import ExecutionHeld, Unavailable


class DeadLetters(Protocol):
    def consume(self, body: str) -> bool: ...


class Visibility(Protocol):
    def change_visibility(self, receipt_handle: str, *, after_seconds: int) -> None: ...


class Letter(Protocol):
    """A record of SQS, as Powertools has it."""

    @property
    def body(self) -> str: ...
    @property
    def receipt_handle(self) -> str: ...


# After so long a letter is tried again when the database or the queue was away: soon enough for a client that waits,
# and rarely enough for a long outage.
_OUTAGE_RETRY_SECONDS = 30


@dataclass(kw_only=True)
class DeadLetterBatch:
    """One batch. Once the database or the queue is found to be away, the rest of it is not tried.

    Each letter would wait for its timeouts, and all of them for longer than the function may take.
    """

    dead_letters: DeadLetters
    visibility: Visibility
    count_given_up: Callable[[], None]
    outage: Unavailable | None = None

    def consume(self, record: Letter) -> None:
        """Returns when a letter is done with; raises when it must come back, after it was given its time to wait.

        Powertools calls it with `record` by that name.
        """
        try:
            if self.outage is not None:
                raise self.outage
            given_up = self.dead_letters.consume(record.body)
        except ExecutionHeld as held:
            # It comes back when that lease has ended.
            self._give_back(record, after_seconds=ceil(held.lease_remaining_seconds) + 1)
            raise
        except Unavailable as error:
            self.outage = error
            self._give_back(record, after_seconds=_OUTAGE_RETRY_SECONDS)
            raise
        if given_up:
            self.count_given_up()

    def _give_back(self, record: Letter, *, after_seconds: int) -> None:
        self.visibility.change_visibility(record.receipt_handle, after_seconds=after_seconds)
