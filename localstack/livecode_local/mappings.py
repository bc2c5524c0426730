"""Event source mappings: take messages from a queue, hand them to a function, delete what it has done.

https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

import asyncio
import json
from typing import Any

from livecode_local.environment import Invocation
from livecode_local.intrinsics import REGION
from livecode_local.invocable import Invocable
from livecode_local.specs import MappingSpec
from livecode_local.sqs.message import Message
from livecode_local.sqs.queue import Queue

_POLL_SECONDS = 20


class EventSourceMapping:
    """Polls in the stack's own process, without HTTP: a message reaches its handler in about a millisecond."""

    def __init__(self, spec: MappingSpec, *, queue: Queue, function: Invocable) -> None:
        self._spec = spec
        self._queue = queue
        self._function = function
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """One poller for each environment that may run at a time, so that no message waits in a poller's hands."""
        allowed = self._spec.maximum_concurrency or self._function.concurrency
        loop = asyncio.get_running_loop()
        for _ in range(min(allowed, self._function.concurrency)):
            task = loop.create_task(self._poll())
            task.add_done_callback(_tell_of_failure)
            self._tasks.append(task)

    async def close(self) -> None:
        """Stops polling; what is in flight comes back when its visibility timeout ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _poll(self) -> None:
        while True:
            messages = await self._queue.receive(self._spec.batch_size, wait_seconds=_POLL_SECONDS)
            if not messages:
                continue
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


def _tell_of_failure(task: "asyncio.Task[None]") -> None:
    """A poller never ends by itself; if it does, it must not do so in silence."""
    if not task.cancelled() and (error := task.exception()):
        task.get_loop().call_exception_handler({"message": "an event source mapping has failed", "exception": error})


def failed_items(result: Invocation, batch: set[str], *, partial: bool) -> set[str]:
    """The ids of a batch that stay in the queue: those the function names, or all when its answer makes no sense."""
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
    """A message attribute as Lambda's event has it."""
    form = {name[0].lower() + name[1:]: value for name, value in attribute.items()}
    return {"stringListValues": [], "binaryListValues": [], **form}
