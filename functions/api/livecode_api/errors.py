"""Which status and code each error is answered with: the one table."""

from math import ceil

from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError

from livecode.errors import (
    DatabaseUnavailable,
    ExecutionLimitReached,
    ExecutionNotFound,
    QueueUnavailable,
    RateLimited,
    SessionNotFound,
    UnknownLanguage,
)
from livecode.languages import LANGUAGES
from livecode_api.bodies import BodyIsNoObject, MalformedBody
from livecode_api.problems import Problem

# Field names are the caller's, and may be long and many.
_FIELD_CHARACTERS = 100
_MESSAGE_CHARACTERS = 300
_MOST_ERRORS = 20

_RETRY_SOON = {"Retry-After": "2"}
_NAMES = ", ".join(sorted(name for language in LANGUAGES.values() for name in (language.name, *language.aliases)))

NOT_FOUND = Problem(
    status=404,
    code="NOT_FOUND",
    title="Not found",
    detail="There is no such path or method. GET /docs lists them.",
)
INTERNAL_ERROR = Problem(
    status=500,
    code="INTERNAL_ERROR",
    title="Internal error",
    detail="The service failed. Try again; if it keeps failing, report the request_id.",
)

PROBLEMS: dict[type[Exception], Problem] = {
    MalformedBody: Problem(
        status=400,
        code="MALFORMED_JSON",
        title="Malformed JSON",
        detail="The body is not a JSON document. Check its quotes, commas and escapes.",
    ),
    BodyIsNoObject: Problem(
        status=400,
        code="INVALID_REQUEST",
        title="Invalid request",
        detail="The body must be a JSON object, such as {} or one with the fields that GET /openapi.json names.",
        errors=({"field": "body", "code": "object_type", "message": "Send a JSON object"},),
    ),
    UnknownLanguage: Problem(
        status=400,
        code="UNKNOWN_LANGUAGE",
        title="Unknown language",
        detail=f"The language must be one of: {_NAMES}.",
        errors=({"field": "body.language", "code": "unknown_language", "message": f"Use one of: {_NAMES}"},),
    ),
    SessionNotFound: Problem(
        status=404,
        code="SESSION_NOT_FOUND",
        title="Session not found",
        detail="There is no code session with this id. It may have been deleted.",
    ),
    ExecutionNotFound: Problem(
        status=404,
        code="EXECUTION_NOT_FOUND",
        title="Execution not found",
        detail="There is no execution with this id. It goes when its session is deleted.",
    ),
    ExecutionLimitReached: Problem(
        status=429,
        code="EXECUTION_LIMIT_REACHED",
        title="Execution limit reached",
        detail="This session has used all its executions. Create a new session.",
    ),
    QueueUnavailable: Problem(
        status=503,
        code="QUEUE_UNAVAILABLE",
        title="Queue unavailable",
        detail="The queue does not answer, and nothing was queued. Try again after the time in Retry-After.",
        headers=_RETRY_SOON,
    ),
    DatabaseUnavailable: Problem(
        status=503,
        code="DATABASE_UNAVAILABLE",
        title="Database unavailable",
        detail="The database does not answer. Try again after the time in Retry-After.",
        headers=_RETRY_SOON,
    ),
}


def rate_limited(error: RateLimited, *, burst: int, refill_seconds: float) -> Problem:
    wait = str(max(1, ceil(error.retry_after_seconds)))
    return Problem(
        status=429,
        code="RATE_LIMITED",
        title="Rate limited",
        detail=f"A session may start {burst} runs at once and one more each {refill_seconds:g} s. "
        f"Try again in {wait} s.",
        headers={
            "Retry-After": wait,
            "RateLimit-Limit": str(burst),
            "RateLimit-Remaining": "0",
            "RateLimit-Reset": wait,
        },
    )


def invalid_request(error: RequestValidationError) -> Problem:
    """Tells what pydantic refused, field by field; never the value itself."""
    items = tuple(
        {
            "field": ".".join(str(part) for part in item["loc"])[:_FIELD_CHARACTERS],
            "code": str(item["type"]),
            "message": str(item["msg"])[:_MESSAGE_CHARACTERS],
        }
        for item in error.errors()[:_MOST_ERRORS]
    )
    names = ", ".join(dict.fromkeys(item["field"] for item in items))
    return Problem(
        status=400,
        code="INVALID_REQUEST",
        title="Invalid request",
        detail=f"Not as GET /openapi.json describes it: {names}.",
        errors=items,
    )
