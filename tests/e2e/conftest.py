"""Where the suite finds the service: LIVECODE_BASE_URL, or embedded stacks of its own.

With a base URL the same tests run on the embedded stack, LocalStack, sam local and AWS; those that look behind HTTP
need a stack of ours and are skipped there, and only there.
"""

import os
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.client import PAGE_HEADERS, LiveCode
from tests.e2e.stack import EmbeddedStack, running_stack

_GIVEN_URL = os.environ.get("LIVECODE_BASE_URL", "").rstrip("/")
# Most programs that must time out do so here, where it takes two seconds instead of thirty.
SMALL_LIMITS = {
    "RunWallTimeSeconds": "2",
    "CompileWallTimeSeconds": "2",
    "RateLimitRefillSeconds": "1",
    "ExecutionLimit": "12",
}


@pytest.fixture(scope="session")
def own_stack() -> Iterator[EmbeddedStack | None]:
    if _GIVEN_URL:
        yield None
        return
    with running_stack() as stack:
        yield stack


@pytest.fixture(scope="session")
def base_url(own_stack: EmbeddedStack | None) -> str:
    return own_stack.base_url if own_stack else _GIVEN_URL


@pytest.fixture(scope="session")
def http(base_url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base_url, headers=PAGE_HEADERS, timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def livecode(http: httpx.Client) -> LiveCode:
    return LiveCode(http=http)


@pytest.fixture(scope="session")
def stack(own_stack: EmbeddedStack | None) -> EmbeddedStack:
    """The stack from behind: its queue, database, functions and processes."""
    if own_stack is None:
        pytest.skip("needs more than HTTP: LIVECODE_BASE_URL names a service that is not ours to look into")
    return own_stack


@pytest.fixture(scope="session")
def small_stack() -> Iterator[EmbeddedStack]:
    """A stack with limits so small that they are quickly reached."""
    if _GIVEN_URL:
        pytest.skip("needs small limits: LIVECODE_BASE_URL names a service whose limits are not ours to set")
    with running_stack(SMALL_LIMITS) as stack:
        yield stack


@pytest.fixture(scope="session")
def staged_url(own_stack: EmbeddedStack | None, base_url: str) -> str:
    """The service under API Gateway's stage prefix; a base URL that is given has it already, if any."""
    return f"{base_url}/Prod" if own_stack else base_url
