"""What event sources need of a function, wherever it runs."""

from typing import Protocol

from livecode_embedded.environment import Invocation


class Invocable(Protocol):
    @property
    def concurrency(self) -> int:
        """Returns how many events it takes at a time; at least 1."""
        ...

    async def invoke(self, payload: bytes) -> Invocation:
        """Runs one event and waits for the answer; never raises for what the function does."""
        ...

    def invoke_asynchronously(self, payload: bytes) -> None:
        """Accepts an event and runs it behind the caller's back."""
        ...
