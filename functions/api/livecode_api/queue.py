"""The execution queue, as the API and the sweeper use it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from livecode import messages
from livecode.domain import QueueCounts
from livecode.errors import QueueUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.literals import QueueAttributeNameType

# A client waits for its answer meanwhile; a send is tried twice.
CLIENT_CONFIG = Config(connect_timeout=0.5, read_timeout=1.4, retries={"total_max_attempts": 1})
_SEND_TRIES = 2
_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsQueue:
    """A queue of SQS, by its URL."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def send(self, execution_id: UUID) -> None:
        """Sends the message of one execution, perhaps twice. Raises QueueUnavailable."""
        self.forward(messages.encode(execution_id))

    def forward(self, body: str) -> None:
        """Sends a message as it is, perhaps twice. Raises QueueUnavailable."""
        for tries_left in reversed(range(_SEND_TRIES)):
            try:
                self._client.send_message(QueueUrl=self._queue_url, MessageBody=body)
            except (BotoCoreError, ClientError) as error:
                if not tries_left:
                    raise QueueUnavailable from error
            else:
                return

    def counts(self) -> QueueCounts:
        """Asks SQS for the numbers of messages. Raises QueueUnavailable."""
        try:
            answer = self._client.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=_COUNTS)
        except (BotoCoreError, ClientError) as error:
            raise QueueUnavailable from error
        visible, in_flight, delayed = (int(answer["Attributes"][name]) for name in _COUNTS)
        return QueueCounts(visible=visible, in_flight=in_flight, delayed=delayed)
