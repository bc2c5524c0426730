"""Where the suite finds the service: the stack or base URL that `tests/e2e/targets.py` chooses.

With a base URL the same tests run on AWS or anything else; those that look behind HTTP need a stack of ours and are
skipped there, and only there.
"""

from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.client import PAGE_HEADERS, LiveCode
from tests.e2e.stack import EmbeddedStack, running_stack
from tests.e2e.targets import TARGET

# Most programs that must time out do so here, where it takes two seconds instead of thirty.
SMALL_LIMITS = {
    "RunWallTimeSeconds": "2",
    "CompileWallTimeSeconds": "2",
    "RateLimitRefillSeconds": "1",
    "ExecutionLimit": "12",
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        for capability in marker.args:
            need(capability)


def need(capability: str) -> None:
    if capability in TARGET.lacks:
        pytest.skip(f"the target lacks {capability}: {TARGET.lacks[capability]}")


@pytest.fixture(scope="session")
def several_stacks() -> None:
    """For fixtures that start a stack beside the first."""
    need("several stacks")


@pytest.fixture(scope="session")
def own_stack() -> Iterator[EmbeddedStack | None]:
    if TARGET.stack is None:
        yield None
        return
    with running_stack(TARGET.stack) as stack:
        yield stack


@pytest.fixture(scope="session")
def base_url(own_stack: EmbeddedStack | None) -> str:
    return own_stack.base_url if own_stack else TARGET.base_url


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
        pytest.skip("needs more than HTTP: the target is a service that is not ours to look into")
    return own_stack


@pytest.fixture(scope="session")
def small_stack(several_stacks: None) -> Iterator[EmbeddedStack]:
    """A stack with limits so small that they are quickly reached."""
    if TARGET.stack is None:
        pytest.skip("needs small limits: the target is a service whose limits are not ours to set")
    with running_stack(TARGET.stack, SMALL_LIMITS) as stack:
        yield stack


@pytest.fixture(scope="session")
def staged_url(own_stack: EmbeddedStack | None, base_url: str) -> str:
    """The service under API Gateway's stage prefix; every base URL but the embedded stack's has it already, if any."""
    return f"{base_url}/Prod" if own_stack and own_stack.serves_without_stage else base_url
