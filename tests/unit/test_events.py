"""The events kept for `sam local invoke` are what the functions take."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from aws_lambda_powertools.utilities.data_classes import SQSEvent

from livecode.domain import Status
from livecode_embedded.template import Template
from livecode_probe.invoke import EVENT
from livecode_runner.probe import is_probe
from livecode_runner.probe.event import why_refused
from tests.fakes import InMemoryStore
from tests.unit.api import Api, Context
from tests.unit.test_records import Runner
from tests.unit.test_sweeper import consume

EVENTS = Path(__file__).parents[1] / "events"
TEMPLATE = Path(__file__).parents[2] / "infra" / "template.yaml"
EXECUTION_ID = UUID("01900000-0000-7000-8000-000000000000")  # which the messages name


def event(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return document


@pytest.fixture
def store() -> InMemoryStore:
    store, session = InMemoryStore(), uuid4()
    store.create(session, language="python", source_code="")
    store.take(session, EXECUTION_ID)
    return store


def test_each_function_has_an_event(tmp_path: Path) -> None:
    template = Template(TEMPLATE, cache_folder=tmp_path, parameters={"DatabaseUrl": "postgresql://there"})
    stack = template.stack(endpoint_url="http://aws", parameters={})
    assert {path.name.split(".")[0] for path in EVENTS.glob("*.json")} == set(stack.functions)


@pytest.mark.parametrize(("name", "status"), [("ApiFunction.health", 200), ("ApiFunction.create-session", 201)])
def test_the_api_answers(name: str, status: int) -> None:
    assert Api().app.resolve(event(name), Context())["statusCode"] == status  # type: ignore[arg-type]


def test_the_runner_runs_what_its_message_names(store: InMemoryStore) -> None:
    [record] = SQSEvent(event("RunnerFunction.execution")).records
    runner = Runner(store=store)
    runner.handle(record.body, receive_count=int(record.attributes.approximate_receive_count))
    assert (runner.poison, store.rows[EXECUTION_ID].status) == (0, Status.COMPLETED)


def test_the_runner_takes_a_probe() -> None:
    assert is_probe(event("RunnerFunction.probe"))
    assert why_refused(event("RunnerFunction.probe")) is None
    assert event("RunnerFunction.probe") == EVENT  # what `make probe` sends
    assert not is_probe(event("RunnerFunction.execution"))


def test_the_sweeper_buries_what_its_message_names(store: InMemoryStore) -> None:
    [record] = SQSEvent(event("SweeperFunction.dead-letter")).records
    store.rows[EXECUTION_ID].attempt = 4
    assert consume(store, record.body)
    assert store.rows[EXECUTION_ID].status is Status.FAILED


def test_the_sweeper_tells_a_tick_from_messages() -> None:
    tick = event("SweeperFunction.schedule")
    assert tick["detail-type"] == "Scheduled Event"
    assert "Records" not in tick
