"""What can go wrong, in three trees, and each error named by what happened.

A program that fails is in none of them: that is a result (`livecode.domain.Outcome`).
"""


class RequestError(Exception):
    """The caller asked for something that cannot be. Answered with a 4xx, and not tried again by us."""


class TransientError(Exception):
    """A failure of ours that passes by itself: trying again later, or in another environment, may succeed."""


class PermanentError(Exception):
    """A failure of ours that trying again does not mend: somebody has to look at it."""


class SessionNotFound(RequestError):
    pass


class ExecutionNotFound(RequestError):
    pass


class UnknownLanguage(RequestError):
    pass


class SourceTooLarge(RequestError):
    pass


class ExecutionLimitReached(RequestError):
    pass


class RateLimited(RequestError):
    """The session's token bucket is empty."""

    def __init__(self, retry_after_seconds: float) -> None:
        super().__init__()
        self.retry_after_seconds = retry_after_seconds


class Unavailable(TransientError):
    """Something that the service depends on does not answer. Callers are told 503."""


class QueueUnavailable(Unavailable):
    pass


class DatabaseUnavailable(Unavailable):
    pass


class ExecutionHeld(TransientError):
    """Another runner holds the execution: its message must outlive that lease."""

    def __init__(self, lease_remaining_seconds: float) -> None:
        super().__init__()
        self.lease_remaining_seconds = lease_remaining_seconds


class UnknownMessageVersion(TransientError):
    """A message of a newer version than this code knows; a newer runner can read it."""


class PoisonMessage(PermanentError):
    """A message that no version of this service will ever understand."""
