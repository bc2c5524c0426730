"""Reading request bodies: what is refused before any field is looked at."""

import json
from collections.abc import Mapping
from email.message import Message
from typing import Any

from livecode.errors import RequestError
from livecode_api.problems import Problem

# JSON may spend six bytes (\u0000) on one byte of source; what is larger cannot hold an allowed one.
_JSON_BYTES_PER_SOURCE_BYTE = 6
_ROOM_FOR_OTHER_FIELDS = 4096


class MalformedBody(RequestError):
    """The body is not a JSON document."""


class BodyIsNoObject(RequestError):
    """The body is a JSON document, but no object; powertools would take the first item of an array for one."""


def parse_json(body: str) -> dict[str, Any]:
    """Parses the JSON object in `body`; NaN and Infinity are no JSON. Raises MalformedBody, BodyIsNoObject."""
    try:
        document = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedBody from error
    if not isinstance(document, dict):
        raise BodyIsNoObject
    return document


def refuse_body(event: Mapping[str, Any], *, source_limit_bytes: int) -> Problem | None:
    """Says what is wrong with the body of a proxy event before it is parsed; None if it may be read."""
    body = event.get("body")
    if not body:
        return None
    if len(body) > source_limit_bytes * _JSON_BYTES_PER_SOURCE_BYTE + _ROOM_FOR_OTHER_FIELDS:
        return source_too_large(source_limit_bytes)
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if event.get("isBase64Encoded") or not _is_json(headers):
        return Problem(
            status=415,
            code="UNSUPPORTED_MEDIA_TYPE",
            title="Unsupported media type",
            detail="Send the body as Content-Type: application/json, in UTF-8 and not compressed.",
        )
    return None


def source_too_large(source_limit_bytes: int) -> Problem:
    return Problem(
        status=413,
        code="SOURCE_TOO_LARGE",
        title="Source too large",
        detail=f"A source may have {source_limit_bytes} bytes in UTF-8. Send a shorter one.",
    )


def _is_json(headers: Mapping[str, str]) -> bool:
    if headers.get("content-encoding", "identity").lower() != "identity":
        return False
    content_type = Message()
    content_type["content-type"] = headers.get("content-type", "")
    charset = content_type.get_content_charset("utf-8")
    return content_type.get_content_type() == "application/json" and charset in ("utf-8", "utf8", "us-ascii")


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)
