"""Where the end-to-end suite runs, LIVECODE_TARGET: a stack that it starts itself, or the base URL of any service.

Tests that need what some target lacks say so, `@pytest.mark.needs("capability")`, and this table says who lacks it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.e2e.stack import EmbeddedStack, LocalStackStack, SamStack


@dataclass(frozen=True, kw_only=True)
class Target:
    """`stack` is started by the tests and can be looked at from behind; None where there is only a base URL.

    `lacks` has the reason for each capability that is missing.
    """

    stack: type[EmbeddedStack] | None
    base_url: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)


# Four seconds of processor time come to the compile limit of ten while each request costs LocalStack 50 ms of it.
_FEW_CORES = (os.cpu_count() or 1) < 4
_SPARE_CORES = {"spare cores": "LocalStack itself keeps one of this machine's few busy"} if _FEW_CORES else {}

TARGETS = {
    "embedded": Target(stack=EmbeddedStack),
    "localstack": Target(
        stack=LocalStackStack,
        lacks={
            "gateway responses": "LocalStack answers what no method of the API takes in its own words, as 403",
            "raw bodies": "LocalStack itself reads forms and unpacks gzip before the function sees the body",
            "long request lines": "LocalStack's HTTP server ends the connection of a request line over 16 KiB",
            "gateway limits": "LocalStack hands a body of any size to the function, which then refuses the source",
            **_SPARE_CORES,
        },
    ),
    "sam": Target(
        stack=SamStack,
        lacks={
            "gateway responses": "what sam's gateway refuses by itself, it answers in words of its own",
            "gateway limits": "it has none",
            "large bodies": "sam fails where a function cannot take the body",
            "request ids": "sam's gateway gives every request the same",
            "raw paths": "sam decodes a path before the function sees it",
            "binary bodies": "sam fails for a body that is not UTF-8",
            "semaphores": "a run has /dev/shm only with a uid of its own; on Lambda there is none",
            "concurrency": "sam keeps one container a function",
            "processes": "the functions run in containers",
            "several stacks": "one service at a time, with the template's limits",
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
