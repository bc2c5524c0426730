"""Where the end-to-end suite runs, LIVECODE_TARGET: a stack that it starts itself, or the base URL of any service.

Tests that need what some target lacks say so, `@pytest.mark.needs("capability")`, and this table says who lacks it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.e2e.stack import EmbeddedStack, LocalStackStack


@dataclass(frozen=True, kw_only=True)
class Target:
    """`stack` is started by the tests and can be looked at from behind; None where there is only a base URL.

    `lacks` has the reason for each capability that is missing.
    """

    stack: type[EmbeddedStack] | None
    base_url: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)


TARGETS = {
    "embedded": Target(stack=EmbeddedStack),
    "localstack": Target(
        stack=LocalStackStack,
        lacks={
            "gateway responses": "LocalStack answers what no method of the API takes in its own words, as 403",
            "gateway limits": "LocalStack hands a body of any size to the function, which then refuses the source",
        },
    ),
}


def chosen_target() -> Target:
    name = os.environ.get("LIVECODE_TARGET") or "embedded"
    if name.startswith(("http://", "https://")):
        return Target(stack=None, base_url=name.rstrip("/"))
    if name not in TARGETS:
        raise pytest.UsageError(f"LIVECODE_TARGET is {name}; it may be {', '.join(TARGETS)} or a URL.")
    return TARGETS[name]


TARGET = chosen_target()
