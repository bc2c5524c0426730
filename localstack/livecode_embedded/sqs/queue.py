"""One standard queue with SQS's rules: visibility, delay, retention, receive counts and redrive."""

import asyncio
import contextlib
import heapq
import itertools
import time
import uuid
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from livecode_embedded.specs import QueueSpec
from livecode_embedded.sqs.errors import (
    InvalidParameterValue,
    MessageNotInflight,
    ReceiptHandleIsInvalid,
    ServiceUnavailable,
)
from livecode_embedded.sqs.message import Message
from livecode_embedded.sqs.store import MessageStore

MAXIMUM_VISIBILITY_SECONDS = 43200  # set by SQS


@dataclass(frozen=True, kw_only=True)
class Counts:
    visible: int
    in_flight: int
    delayed: int


class Queue:
    """A queue with SQS's rules for visibility and redrive.

    `dead_letters` takes what was received `maximum_receive_count` times; `now` gives epoch seconds.

    A change that cannot be stored raises ServiceUnavailable and is not made.
    """

    def __init__(
        self,
        spec: QueueSpec,
        store: MessageStore,
        *,
        dead_letters: "Queue | None" = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.spec = spec
        self._store = store
        self._dead_letters = dead_letters
        self._now = now
        self._messages: dict[str, Message] = {}
        # Entries whose time no longer is the message's are left over from before a change, and skipped.
        self._by_visibility: list[tuple[float, int, str]] = []
        self._sequence = itertools.count()
        self._listeners: set[asyncio.Future[None]] = set()
        for message in store.load(spec.name):
            # Whoever had received it ended with the stack, so it need not wait for its visibility timeout.
            self._put(replace(message, visible_at=min(message.visible_at, now())) if message.receipt else message)

    def send(self, body: str, *, delay_seconds: int | None = None, attributes: dict[str, Any] | None = None) -> Message:
        now = self._now()
        delay = self.spec.delay_seconds if delay_seconds is None else delay_seconds
        message = Message(
            id=str(uuid.uuid4()), body=body, attributes=attributes or {}, sent_at=now, visible_at=now + delay
        )
        self._store.save(self.spec.name, message)
        self._put(message)
        return message

    async def receive(
        self, maximum: int, *, wait_seconds: float, visibility_seconds: int | None = None
    ) -> list[Message]:
        """Waits for up to `maximum` messages; returns none when the wait is over."""
        deadline = time.monotonic() + wait_seconds
        while True:
            messages = self.take(maximum, visibility_seconds=visibility_seconds)
            left = deadline - time.monotonic()
            if messages or left <= 0:
                return messages
            await self._change(min(left, self._next_due_seconds()))

    def take(self, maximum: int, *, visibility_seconds: int | None = None) -> list[Message]:
        """Takes up to `maximum` visible messages; each is a copy with the receipt of this receive, and in flight.

        Raises ServiceUnavailable if not even one can be stored as received: then all stay as they were.
        """
        taken: list[Message] = []
        visibility = self.spec.visibility_timeout_seconds if visibility_seconds is None else visibility_seconds
        while len(taken) < maximum and (message := self._next_visible()):
            try:
                received = self._receive(message, visibility)
            except ServiceUnavailable:
                if taken:
                    break  # whoever calls must learn of those; the next call will fail
                raise
            if received:
                taken.append(replace(received))
                if visibility == 0:
                    break  # else this call would take the same message again
        return taken

    def _next_visible(self) -> Message | None:
        now = self._now()
        while self._by_visibility and self._by_visibility[0][0] <= now:
            visible_at, _, message_id = self._by_visibility[0]
            message = self._messages.get(message_id)
            if message and message.visible_at == visible_at:
                return message
            heapq.heappop(self._by_visibility)
        return None

    def _receive(self, message: Message, visibility_seconds: float) -> Message | None:
        """The message, now in flight; None if it was too old, or received too often. Changed only once it is stored."""
        now = self._now()
        if self._expired(message, now):
            self._drop(message.id)
            return None
        limit = self.spec.maximum_receive_count
        if self._dead_letters and limit is not None and message.receive_count >= limit:
            # In this order: a message that is in both queues for a moment is better than one in neither.
            self._dead_letters.take_over(message, source=self.spec.arn)
            self._drop(message.id)
            return None
        received = replace(
            message,
            receive_count=message.receive_count + 1,
            first_received_at=message.first_received_at or now,
            receipt=uuid.uuid4().hex,
            visible_at=now + visibility_seconds,
        )
        self._store.save(self.spec.name, received)
        heapq.heappop(self._by_visibility)  # its entry as `_next_visible` found it
        self._put(received)
        return received

    def take_over(self, message: Message, *, source: str) -> None:
        """Takes a dead letter; its age goes on, its counts begin anew."""
        moved = replace(
            message, visible_at=self._now(), receive_count=0, first_received_at=None, receipt=None,
            dead_letter_source=source,
        )  # fmt: skip
        self._store.save(self.spec.name, moved)
        self._put(moved)

    def delete(self, receipt_handle: str) -> None:
        """Deletes a message by its latest receipt; an older one, or that of a message long gone, does nothing."""
        message_id, receipt = self._parse(receipt_handle)
        message = self._messages.get(message_id)
        if message and message.receipt == receipt:
            self._drop(message_id)

    def change_visibility(self, receipt_handle: str, seconds: int) -> None:
        """Lets the message be seen again in `seconds` from now; raises MessageNotInflight."""
        if not 0 <= seconds <= MAXIMUM_VISIBILITY_SECONDS:
            raise InvalidParameterValue(
                f"Value {seconds} for parameter VisibilityTimeout is invalid. "
                f"Reason: VisibilityTimeout must be an integer between 0 and {MAXIMUM_VISIBILITY_SECONDS}."
            )
        message_id, receipt = self._parse(receipt_handle)
        message = self._messages.get(message_id)
        now = self._now()
        if message is None:
            raise InvalidParameterValue(
                f"Value {receipt_handle} for parameter ReceiptHandle is invalid. "
                "Reason: Message does not exist or is not available for visibility timeout change."
            )
        if message.receipt != receipt or message.visible_at <= now:
            raise MessageNotInflight("The message is not in flight.")
        changed = replace(message, visible_at=now + seconds)
        self._store.save(self.spec.name, changed)
        self._put(changed)

    def purge(self) -> None:
        self._store.remove_all(self.spec.name)
        self._messages.clear()
        self._by_visibility.clear()

    def counts(self) -> Counts:
        now = self._now()
        visible = in_flight = delayed = 0
        for message in list(self._messages.values()):
            if self._expired(message, now):
                with contextlib.suppress(ServiceUnavailable):
                    self._drop(message.id)
            elif message.visible_at <= now:
                visible += 1
            elif message.receipt:
                in_flight += 1
            else:
                delayed += 1
        return Counts(visible=visible, in_flight=in_flight, delayed=delayed)

    def receipt_handle(self, message: Message) -> str:
        return urlsafe_b64encode(f"{self.spec.name} {message.id} {message.receipt}".encode()).decode()

    def _parse(self, receipt_handle: str) -> tuple[str, str]:
        try:
            queue, message_id, receipt = urlsafe_b64decode(receipt_handle).decode().split(" ")
        except ValueError as error:
            raise ReceiptHandleIsInvalid("The input receipt handle is invalid.") from error
        if queue != self.spec.name:
            raise ReceiptHandleIsInvalid("The input receipt handle is invalid.")
        return message_id, receipt

    def _put(self, message: Message) -> None:
        self._messages[message.id] = message
        heapq.heappush(self._by_visibility, (message.visible_at, next(self._sequence), message.id))
        for listener in self._listeners:
            if not listener.done():
                listener.set_result(None)

    def _drop(self, message_id: str) -> None:
        self._store.remove(self.spec.name, message_id)
        self._messages.pop(message_id, None)

    def _expired(self, message: Message, now: float) -> bool:
        return message.sent_at + self.spec.retention_seconds <= now

    def _next_due_seconds(self) -> float:
        return max(self._by_visibility[0][0] - self._now(), 0.001) if self._by_visibility else float("inf")

    async def _change(self, timeout_seconds: float) -> None:
        listener: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listeners.add(listener)
        try:
            await asyncio.wait({listener}, timeout=timeout_seconds)
        finally:
            self._listeners.discard(listener)
