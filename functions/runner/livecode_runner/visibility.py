"""When a message that we give up for now comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

CLIENT_CONFIG = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})


class SqsVisibility:
    def __init__(self, client: SQSClient, queue_url: str) -> None:
        self._client = client
        self._queue_url = queue_url

    def come_back(self, receipt_handle: str, *, after_seconds: int) -> None:
        """Shows the message again after so long, at most 12 hours (SQS's bound)."""
        self._client.change_message_visibility(
            QueueUrl=self._queue_url, ReceiptHandle=receipt_handle, VisibilityTimeout=min(after_seconds, 43_200)
        )
