"""Health checks over parts that hang: they answer all the same, and in time."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from livecode.domain import QueueCounts, SessionLimits
from livecode_api.routes import build_app
from livecode_api.service import HEALTH_SECONDS
from tests.fakes import InMemoryStore, RecordingQueue
from tests.unit.api import Api


class Hang:
    """What never answers while a test asks."""

    def __init__(self) -> None:
        self.over = threading.Event()

    def wait(self) -> Any:
        self.over.wait(timeout=60)
        raise AssertionError("nobody waits for this")


@pytest.fixture
def hang() -> Iterator[Hang]:
    hang = Hang()
    yield hang
    hang.over.set()


class HangingStore(InMemoryStore):
    hang: Hang

    def active_executions(self) -> int:
        return int(self.hang.wait())

    def oldest_queued_seconds(self) -> float | None:
        return float(self.hang.wait())


class HangingQueue(RecordingQueue):
    hang: Hang

    def send(self, execution_id: UUID) -> None:
        self.hang.wait()

    def counts(self) -> QueueCounts:
        self.hang.wait()
        raise AssertionError


def api_with(hang: Hang, **parts: Any) -> Api:
    api = Api()
    for part in parts.values():
        part.hang = hang
    api.app = build_app(replace(api.app._service, health_seconds=0.05, **parts), SessionLimits())
    return api


@pytest.mark.parametrize("path", ["/health/database", "/health/workers", "/health/celery"])
def test_a_database_that_hangs_is_told_in_time(hang: Hang, path: str) -> None:
    api = api_with(hang, backlog=HangingStore())
    assert api.problem("GET", path) == (503, "DATABASE_UNAVAILABLE")
    assert not hang.over.is_set()


def test_a_queue_is_healthy_though_the_database_hangs(hang: Hang) -> None:
    status, queue, _ = api_with(hang, backlog=HangingStore())("GET", "/health/queue")
    assert (status, queue["ping"], queue["oldest_message_age_s"]) == (200, "PONG", None)


@pytest.mark.parametrize("part", ["queue", "dead_letters"])
@pytest.mark.parametrize("path", ["/health/queue", "/health/redis"])
def test_a_queue_that_hangs_is_told_in_time(hang: Hang, part: str, path: str) -> None:
    api = api_with(hang, **{part: HangingQueue()})
    assert api.problem("GET", path) == (503, "QUEUE_UNAVAILABLE")


def test_the_time_of_a_check_leaves_room_within_two_seconds() -> None:
    assert HEALTH_SECONDS <= 1.6
