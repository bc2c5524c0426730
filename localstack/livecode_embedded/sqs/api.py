"""SQS's calls in the JSON protocol (AmazonSQS.SendMessage and so on), over the queues of one stack.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from livecode_embedded.sqs.errors import (
    BatchEntryIdsNotDistinct,
    EmptyBatchRequest,
    InvalidMessageContents,
    InvalidParameterValue,
    QueueDoesNotExist,
    SqsError,
    TooManyEntriesInBatchRequest,
    UnsupportedOperation,
)
from livecode_embedded.sqs.message import Message, attributes_md5
from livecode_embedded.sqs.queue import Queue

Parameters = dict[str, Any]

# What XML 1.0 cannot hold, SQS does not take either.
_UNHOLDABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BATCH_LIMIT = 10


class SqsApi:
    def __init__(self, queues: Mapping[str, Queue], *, queue_url: Callable[[str], str]) -> None:
        self._queues = queues
        self._queue_url = queue_url
        self._calls: dict[str, Callable[[Parameters], Awaitable[Parameters]]] = {
            "ChangeMessageVisibility": self._change_visibility,
            "ChangeMessageVisibilityBatch": self._change_visibility_batch,
            "DeleteMessage": self._delete,
            "DeleteMessageBatch": self._delete_batch,
            "GetQueueAttributes": self._attributes,
            "GetQueueUrl": self._url,
            "ListQueues": self._list,
            "PurgeQueue": self._purge,
            "ReceiveMessage": self._receive,
            "SendMessage": self._send,
            "SendMessageBatch": self._send_batch,
        }

    async def call(self, action: str, parameters: Parameters) -> Parameters:
        """Answers one call; raises SqsError."""
        if action not in self._calls:
            raise UnsupportedOperation(f"The embedded stack's SQS has no {action}.")
        return await self._calls[action](parameters)

    async def _send(self, parameters: Parameters) -> Parameters:
        queue = self._queue(parameters)
        message = _send(queue, parameters)
        return _sent(message)

    async def _send_batch(self, parameters: Parameters) -> Parameters:
        queue = self._queue(parameters)
        return _each_entry(parameters, lambda entry: _sent(_send(queue, entry)))

    async def _receive(self, parameters: Parameters) -> Parameters:
        queue = self._queue(parameters)
        maximum = _number(parameters, "MaxNumberOfMessages", 1, 1, 10)
        wait = _number(parameters, "WaitTimeSeconds", queue.spec.receive_wait_seconds, 0, 20)
        visibility = _number(parameters, "VisibilityTimeout", queue.spec.visibility_timeout_seconds, 0, 43200)
        messages = await queue.receive(maximum, wait_seconds=wait, visibility_seconds=visibility)
        return {"Messages": [_received(queue, message, parameters) for message in messages]} if messages else {}

    async def _delete(self, parameters: Parameters) -> Parameters:
        self._queue(parameters).delete(parameters["ReceiptHandle"])
        return {}

    async def _delete_batch(self, parameters: Parameters) -> Parameters:
        queue = self._queue(parameters)

        def delete(entry: Parameters) -> Parameters:
            queue.delete(entry["ReceiptHandle"])
            return {}

        return _each_entry(parameters, delete)

    async def _change_visibility(self, parameters: Parameters) -> Parameters:
        self._queue(parameters).change_visibility(parameters["ReceiptHandle"], int(parameters["VisibilityTimeout"]))
        return {}

    async def _change_visibility_batch(self, parameters: Parameters) -> Parameters:
        queue = self._queue(parameters)

        def change(entry: Parameters) -> Parameters:
            queue.change_visibility(entry["ReceiptHandle"], int(entry["VisibilityTimeout"]))
            return {}

        return _each_entry(parameters, change)

    async def _attributes(self, parameters: Parameters) -> Parameters:
        queue = self._queue(parameters)
        counts, spec = queue.counts(), queue.spec
        attributes: dict[str, str] = {
            "QueueArn": spec.arn,
            "ApproximateNumberOfMessages": str(counts.visible),
            "ApproximateNumberOfMessagesNotVisible": str(counts.in_flight),
            "ApproximateNumberOfMessagesDelayed": str(counts.delayed),
            "VisibilityTimeout": str(spec.visibility_timeout_seconds),
            "MessageRetentionPeriod": str(spec.retention_seconds),
            "MaximumMessageSize": str(spec.maximum_message_bytes),
            "DelaySeconds": str(spec.delay_seconds),
            "ReceiveMessageWaitTimeSeconds": str(spec.receive_wait_seconds),
        }
        wanted = parameters.get("AttributeNames", [])
        chosen = {name: value for name, value in attributes.items() if name in wanted or "All" in wanted}
        return {"Attributes": chosen} if chosen else {}

    async def _url(self, parameters: Parameters) -> Parameters:
        if parameters.get("QueueName") not in self._queues:
            raise QueueDoesNotExist("The specified queue does not exist.")
        return {"QueueUrl": self._queue_url(parameters["QueueName"])}

    async def _list(self, parameters: Parameters) -> Parameters:
        prefix = parameters.get("QueueNamePrefix", "")
        urls = [self._queue_url(name) for name in self._queues if name.startswith(prefix)]
        return {"QueueUrls": urls} if urls else {}

    async def _purge(self, parameters: Parameters) -> Parameters:
        self._queue(parameters).purge()
        return {}

    def _queue(self, parameters: Parameters) -> Queue:
        name = urlsplit(str(parameters.get("QueueUrl", ""))).path.rsplit("/", 1)[-1]
        if name not in self._queues:
            raise QueueDoesNotExist("The specified queue does not exist.")
        return self._queues[name]


def _send(queue: Queue, parameters: Parameters) -> Message:
    body = parameters.get("MessageBody", "")
    attributes = parameters.get("MessageAttributes") or {}
    if not body:
        raise InvalidParameterValue("The request must contain the parameter MessageBody.")
    if _UNHOLDABLE.search(body):
        raise InvalidMessageContents("Invalid characters found in message body.")
    if len(body.encode()) > queue.spec.maximum_message_bytes:
        raise InvalidParameterValue(
            f"One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.spec.maximum_message_bytes} bytes."
        )
    delay = _number(parameters, "DelaySeconds", queue.spec.delay_seconds, 0, 900)
    return queue.send(body, delay_seconds=delay, attributes=attributes)


def _sent(message: Message) -> Parameters:
    answer = {"MessageId": message.id, "MD5OfMessageBody": message.body_md5}
    digest = attributes_md5(message.attributes)
    return {**answer, "MD5OfMessageAttributes": digest} if digest else answer


def _received(queue: Queue, message: Message, parameters: Parameters) -> Parameters:
    answer: Parameters = {
        "MessageId": message.id,
        "ReceiptHandle": queue.receipt_handle(message),
        "MD5OfBody": message.body_md5,
        "Body": message.body,
    }
    wanted = {*parameters.get("AttributeNames", []), *parameters.get("MessageSystemAttributeNames", [])}
    system = {name: value for name, value in message.system_attributes().items() if {name, "All"} & wanted}
    if system:
        answer["Attributes"] = system
    names = parameters.get("MessageAttributeNames", [])
    chosen = {name: value for name, value in message.attributes.items() if _chosen(name, names)}
    if chosen:
        answer["MessageAttributes"] = chosen
        answer["MD5OfMessageAttributes"] = attributes_md5(chosen)
    return answer


def _chosen(name: str, names: list[str]) -> bool:
    return any(each in ("All", ".*", name) or (each.endswith(".*") and name.startswith(each[:-2])) for each in names)


def _each_entry(parameters: Parameters, act: Callable[[Parameters], Parameters]) -> Parameters:
    """Acts on each entry of a batch; one that fails does not stop the others."""
    entries: list[Parameters] = parameters.get("Entries") or []
    if not entries:
        raise EmptyBatchRequest("There should be at least one entry in the request.")
    if len(entries) > _BATCH_LIMIT:
        raise TooManyEntriesInBatchRequest(f"Maximum number of entries per request are {_BATCH_LIMIT}.")
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise BatchEntryIdsNotDistinct("Two or more batch entries in the request have the same Id.")
    successful, failed = [], []
    for entry in entries:
        try:
            successful.append({"Id": entry["Id"], **act(entry)})
        except SqsError as error:
            fault = error.status < 500
            failed.append({"Id": entry["Id"], "Code": error.query_code, "Message": str(error), "SenderFault": fault})
    return {"Successful": successful, **({"Failed": failed} if failed else {})}


def _number(parameters: Parameters, name: str, default: int, minimum: int, maximum: int) -> int:
    value = parameters.get(name)
    number = default if value is None else int(value)
    if not minimum <= number <= maximum:
        raise InvalidParameterValue(
            f"Value {number} for parameter {name} is invalid. Reason: Must be between {minimum} and {maximum}."
        )
    return number
