"""What can go wrong, named by what happened; `routes.py` maps the caller's errors to statuses and codes."""


class LiveCodeError(Exception):
    """The caller asked for something that cannot be: an answer, not a failure of ours."""


class SessionNotFound(LiveCodeError):
    pass


class ExecutionNotFound(LiveCodeError):
    pass


class UnknownLanguage(LiveCodeError):
    pass


class SourceTooLarge(LiveCodeError):
    pass


class ExecutionLimitReached(LiveCodeError):
    pass


class RateLimited(LiveCodeError):
    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class QueueUnavailable(LiveCodeError):
    pass


class DatabaseUnavailable(LiveCodeError):
    pass


class ExecutionHeld(Exception):
    """Another runner holds the execution: its message must outlive that lease."""

    def __init__(self, lease_remaining_seconds: float) -> None:
        super().__init__()
        self.lease_remaining_seconds = lease_remaining_seconds


class PoisonMessage(Exception):
    """A message that no version of ours will ever understand."""


class UnknownMessageVersion(Exception):
    """A message of a newer version than this code knows."""
