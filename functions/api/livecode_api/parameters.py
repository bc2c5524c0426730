"""How parameters of a path or query are written: as the OpenAPI document says, not in every way pydantic takes."""

import re
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

# RFC 9562, which OpenAPI's format "uuid" means: no braces, no "urn:uuid:", no digits without hyphens.
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_NUMBER = re.compile(r"0|[1-9][0-9]{0,9}")


def _is_uuid(value: Any) -> Any:
    if isinstance(value, str) and not _UUID.fullmatch(value):
        raise PydanticCustomError(
            "uuid_parsing", "Input should be a UUID, such as 01900000-0000-7000-8000-000000000000"
        )
    return value


def _is_number(value: Any) -> Any:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise PydanticCustomError(
            "int_parsing", "Input should be a whole number in digits, without sign or leading zero"
        )
    return value


canonical_uuid = BeforeValidator(_is_uuid)
plain_number = BeforeValidator(_is_number)
