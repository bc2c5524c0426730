"""A message in a queue, and the digests that SQS and its clients check."""

import hashlib
import struct
from base64 import b64decode
from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True)
class Message:
    """A message of a queue. Its times are epoch seconds; `receipt` names the latest receive."""

    id: str
    body: str
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    sent_at: float
    visible_at: float
    receive_count: int = 0
    first_received_at: float | None = None
    receipt: str | None = None
    dead_letter_source: str | None = None

    @property
    def body_md5(self) -> str:
        return hashlib.md5(self.body.encode(), usedforsecurity=False).hexdigest()

    def system_attributes(self) -> dict[str, str]:
        attributes = {
            "SenderId": "000000000000",
            "SentTimestamp": str(int(self.sent_at * 1000)),
            "ApproximateReceiveCount": str(self.receive_count),
        }
        if self.first_received_at is not None:
            attributes["ApproximateFirstReceiveTimestamp"] = str(int(self.first_received_at * 1000))
        if self.dead_letter_source:
            attributes["DeadLetterQueueSourceArn"] = self.dead_letter_source
        return attributes


def attributes_md5(attributes: dict[str, dict[str, Any]]) -> str | None:
    """Computes the MD5 of attributes as the developer guide has it: sorted by name, each part after its length."""
    if not attributes:
        return None
    digest = hashlib.md5(usedforsecurity=False)

    def add(value: bytes) -> None:
        digest.update(struct.pack(">I", len(value)) + value)

    for name in sorted(attributes):
        attribute = attributes[name]
        add(name.encode())
        add(attribute["DataType"].encode())
        if "BinaryValue" in attribute:
            digest.update(b"\x02")
            add(b64decode(attribute["BinaryValue"]))
        else:
            digest.update(b"\x01")
            add(attribute["StringValue"].encode())
    return digest.hexdigest()
