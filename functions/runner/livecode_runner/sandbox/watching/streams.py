"""Reads what a program prints: keeps a prefix, counts the rest and throws it away."""

import contextlib
import os

_CHUNK_BYTES = 128 * 1024


class Stream:
    """One output pipe, read without blocking."""

    def __init__(self, descriptor: int, limit_bytes: int) -> None:
        self.descriptor = descriptor
        self.total_bytes = 0
        self._limit_bytes = limit_bytes
        self._kept = bytearray()
        self._chunk = bytearray(_CHUNK_BYTES)

    @property
    def kept(self) -> bytes:
        return bytes(self._kept)

    def read(self) -> bool:
        """Reads once; False at the end of the stream. Raises BlockingIOError if there is nothing to read yet."""
        count = os.readv(self.descriptor, [self._chunk])
        if (room := self._limit_bytes - len(self._kept)) > 0:
            self._kept += memoryview(self._chunk)[: min(count, room)]
        self.total_bytes += count
        return count > 0

    def drain(self) -> None:
        """Reads what the pipe holds, once everyone who could write to it is gone; never waits."""
        with contextlib.suppress(BlockingIOError):
            while self.read():
                pass
