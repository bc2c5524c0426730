"""Event source mappings: take messages from a queue, hand them to a function, delete what it has done.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from livecode_embedded.environment import Invocation
from livecode_embedded.intrinsics import REGION
from livecode_embedded.invocable import Invocable
from livecode_embedded.specs import MappingSpec
from livecode_embedded.sqs.errors import ServiceUnavailable
from livecode_embedded.sqs.message import Message
from livecode_embedded.sqs.queue import Queue

_POLL_SECONDS = 20
_RETRY_SECONDS = 1.0


class EventSourceMapping:
    """Hands a queue's messages to a function, as Lambda's event source mapping does.

    Polls in the stack's own process, without HTTP: a message reaches its handler in about a millisecond.
    """

    def __init__(
        self,
        spec: MappingSpec,
        *,
        queue: Queue,
        function: Invocable,
        warn: Callable[[str], None],
        retry_seconds: float = _RETRY_SECONDS,
    ) -> None:
        self._spec = spec
        self._queue = queue
        self._function = function
        self._warn = warn
        self._retry_seconds = retry_seconds
        self._failing = False
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Starts a poller for each environment that may run at a time, so that no message waits in a poller's hands."""
        allowed = self._spec.maximum_concurrency or self._function.concurrency
        for _ in range(min(allowed, self._function.concurrency)):
            self._start_poller()

    async def close(self) -> None:
        """Stops polling; what is in flight comes back when its visibility timeout ends."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _start_poller(self) -> None:
        if not self._closed:
            task = asyncio.get_running_loop().create_task(self._poll())
            task.add_done_callback(self._replace_poller)
            self._tasks.add(task)

    def _replace_poller(self, ended: "asyncio.Task[None]") -> None:
        """Replaces a poller that has ended, and says so: none ever should."""
        self._tasks.discard(ended)
        if not ended.cancelled() and (error := ended.exception()):
            loop = ended.get_loop()
            loop.call_exception_handler({"message": "an event source mapping has failed", "exception": error})
            loop.call_later(self._retry_seconds, self._start_poller)

    async def _poll(self) -> None:
        """Polls until it is cancelled; while messages cannot be stored, again and again."""
        while True:
            try:
                await self._poll_once()
            except ServiceUnavailable as error:
                if not self._failing:
                    self._warn(f"{self._spec.queue}: {error} It is tried again.")
                self._failing = True
                await asyncio.sleep(self._retry_seconds)
            else:
                if self._failing:
                    self._warn(f"{self._spec.queue}: its messages can be stored again.")
                self._failing = False

    async def _poll_once(self) -> None:
        """Hands one batch to the function. What it has done but cannot be deleted comes back, as SQS's rules allow."""
        messages = await self._queue.receive(self._spec.batch_size, wait_seconds=_POLL_SECONDS)
        if not messages:
            return
        records = [self._record(message) for message in messages]
        result = await self._function.invoke(json.dumps({"Records": records}).encode())
        failed = failed_items(
            result, {message.id for message in messages}, partial=self._spec.report_batch_item_failures
        )
        for message in messages:
            if message.id not in failed:
                self._queue.delete(self._queue.receipt_handle(message))

    def _record(self, message: Message) -> dict[str, Any]:
        return {
            "messageId": message.id,
            "receiptHandle": self._queue.receipt_handle(message),
            "body": message.body,
            "attributes": message.system_attributes(),
            "messageAttributes": {name: _event_form(row) for name, row in message.attributes.items()},
            "md5OfBody": message.body_md5,
            "eventSource": "aws:sqs",
            "eventSourceARN": self._queue.spec.arn,
            "awsRegion": REGION,
        }


def failed_items(result: Invocation, batch: set[str], *, partial: bool) -> set[str]:
    """Returns the ids of a batch that stay in the queue.

    Those are the ones that the function names, or all if its answer makes no sense."""
    if result.error:
        return batch
    if not partial:
        return set()
    try:
        answer = json.loads(result.payload)
    except ValueError:
        return batch
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if answer in (None, {}) or (isinstance(answer, dict) and failures is None):
        return set()
    if not isinstance(failures, list):
        return batch
    named = {item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures}
    return {str(name) for name in named} if named <= batch else batch


def _event_form(attribute: dict[str, Any]) -> dict[str, Any]:
    """Converts a message attribute to the form that Lambda's event has."""
    form = {name[0].lower() + name[1:]: value for name, value in attribute.items()}
    return {"stringListValues": [], "binaryListValues": [], **form}
