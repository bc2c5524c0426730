"""Changes when a message that a consumer gives back comes into sight again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_LONGEST_SECONDS = 43_200  # 12 hours, SQS's bound


class SqsVisibility:
    """The visibility timeouts of one queue's messages."""

    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def change_visibility(self, receipt_handle: str, *, after_seconds: int) -> None:
        """Shows a message again after so many seconds, at most 12 hours."""
        self._client.change_message_visibility(
            QueueUrl=self._queue_url,
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=min(after_seconds, _LONGEST_SECONDS),
        )
