"""The database lost at each step of a run, and the queue lost at the send: nothing hangs, nothing runs twice."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws
from sqlalchemy import Engine, make_url, text

from livecode import messages
from livecode.db.executions import PostgresExecutions
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.domain import Outcome, SessionLimits, Status
from livecode.errors import DatabaseUnavailable, QueueUnavailable
from livecode.languages import Language
from livecode_api.queue import CLIENT_CONFIG, SqsQueue
from livecode_api.sweeper.dead_letters import DeadLetters
from livecode_api.sweeper.sweep import Sweeper
from livecode_aws.visibility import SqsVisibility
from livecode_runner.records import Record, RecordHandler, RetryLater, Visibility
from tests.integration.conftest import engine_of
from tests.integration.outages import Wire

LOGGER = Logger(service="test", level="CRITICAL")
DONE = Outcome(status=Status.COMPLETED, exit_code=0, stdout="1\n")


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in (("ID", "x"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{'ACCESS_KEY_' if name == 'ID' else ''}{name}", value)
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-central-1", config=CLIENT_CONFIG)


@pytest.fixture
def queue_url(sqs: Any) -> str:
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 4})
    return str(sqs.create_queue(QueueName="queue", Attributes={"RedrivePolicy": policy})["QueueUrl"])


@pytest.fixture
def wire(database_url: str) -> Iterator[Wire]:
    with Wire(database_url) as wire:
        yield wire


@pytest.fixture
def wired(wire: Wire) -> Iterator[Engine]:
    """What the functions use; the tests look through `engine`, which is never cut."""
    engine = engine_of(wire.url)
    yield engine
    engine.dispose()


def new_session(engine: Engine) -> UUID:
    session_id = uuid4()
    PostgresSessions(engine, rate_limit_burst=10).create(session_id, language="python", source_code="print(1)")
    return session_id


def queued(engine: Engine) -> UUID:
    execution_id = uuid4()
    PostgresSlots(engine, SessionLimits()).take(new_session(engine), execution_id)
    return execution_id


class AtOnce(SqsVisibility):
    """Whatever the delay, a test does not wait for it."""

    def change_visibility(self, receipt_handle: str, *, after_seconds: int) -> None:
        super().change_visibility(receipt_handle, after_seconds=0)


def consume_all(engine: Engine, sqs: Any, queue_url: str) -> int:
    """Takes what is in the dead-letter queue through its consumer; returns how many were given up."""
    consumer = DeadLetters(
        executions=PostgresExecutions(engine),
        queue=SqsQueue(sqs, queue_url),
        max_attempts=4,
        give_up_after_seconds=86_400,
        logger=LOGGER,
    )
    dead = sqs.get_queue_url(QueueName="dead")["QueueUrl"]
    given_up = 0
    while letters := sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages"):
        for letter in letters:
            given_up += consumer.consume(letter["Body"])
            sqs.delete_message(QueueUrl=dead, ReceiptHandle=letter["ReceiptHandle"])
    return given_up


def receive_until_dead(engine: Engine, sqs: Any, queue_url: str) -> int:
    """Lets the runner fail on each message until it is in the dead-letter queue; returns how often that was."""
    failures = 0
    # The last receive moves what has had its four, and finds nothing.
    while (
        sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"][
            "ApproximateNumberOfMessages"
        ]
        != "0"
    ):
        try:
            deliver(engine, sqs, queue_url, visibility=AtOnce(sqs, queue_url))
        except RetryLater:
            failures += 1
        except KeyError:
            break
    return failures


def deliver(
    engine: Engine,
    sqs: Any,
    queue_url: str,
    *,
    while_running: Callable[[], None] = lambda: None,
    on_sleep: Callable[[], None] = lambda: None,
    visibility: Visibility | None = None,
) -> int:
    """Takes one message through the runner as the event source mapping would; returns how often the program ran."""
    (message,) = sqs.receive_message(QueueUrl=queue_url, AttributeNames=["All"], VisibilityTimeout=360)["Messages"]
    runs = 0

    def run(language: Language, source_code: str) -> Outcome:
        nonlocal runs
        runs += 1
        while_running()
        return DONE

    RecordHandler(
        executions=PostgresExecutions(engine),
        visibility=visibility or SqsVisibility(sqs, queue_url),
        run=run,
        lease_seconds=75,
        max_attempts=4,
        logger=LOGGER,
        count_poison=lambda: None,
        patience_seconds=lambda: 0.0,
        sleep=lambda _: on_sleep(),
        jitter=lambda low, _: low,
    ).handle(
        Record(
            body=message["Body"],
            receipt_handle=message["ReceiptHandle"],
            receive_count=int(message["Attributes"]["ApproximateReceiveCount"]),
        )
    )
    sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
    return runs


@dataclass(frozen=True, kw_only=True)
class Outage:
    """`engine` is the runners', for whom there is no database from `begin` to `end`."""

    engine: Engine
    begin: Callable[[], None]
    end: Callable[[], None]


def status_and_events(engine: Engine, execution_id: UUID) -> tuple[str, tuple[str, ...]]:
    with engine.connect() as connection:
        status = connection.execute(text("SELECT status FROM executions WHERE id = :id"), {"id": execution_id})
        events = connection.execute(
            text("SELECT event FROM execution_events WHERE execution_id = :id ORDER BY id"), {"id": execution_id}
        )
        return str(status.scalar_one()), tuple(events.scalars())


def test_a_database_that_restarts_costs_one_answer_at_most(wire: Wire, wired: Engine) -> None:
    sessions = PostgresSessions(wired, rate_limit_burst=10)
    session_id = new_session(wired)
    wire.cut()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            sessions.get(session_id)
    wire.mend()
    assert sessions.get(session_id).id == session_id
    wire.cut()
    wire.mend()
    with pytest.raises(DatabaseUnavailable):
        sessions.get(session_id)
    assert sessions.get(session_id).id == session_id


def test_lost_before_the_claim_the_message_comes_back_and_runs_once(
    wire: Wire, wired: Engine, engine: Engine, sqs: Any, queue_url: str
) -> None:
    execution_id = queued(wired)
    SqsQueue(sqs, queue_url).send(execution_id)
    wire.cut()
    with pytest.raises(RetryLater):
        deliver(wired, sqs, queue_url)
    assert status_and_events(engine, execution_id) == ("QUEUED", ("queued",))
    attributes = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesNotVisible"] == "1"


def test_lost_while_running_and_back_at_the_write_it_runs_once(
    wire: Wire, wired: Engine, engine: Engine, sqs: Any, queue_url: str
) -> None:
    execution_id = queued(wired)
    SqsQueue(sqs, queue_url).send(execution_id)
    assert deliver(wired, sqs, queue_url, while_running=wire.cut, on_sleep=wire.mend) == 1
    assert status_and_events(engine, execution_id) == ("COMPLETED", ("queued", "claimed", "finished"))


def test_lost_for_long_the_lease_ends_and_the_sweeper_brings_it_back(
    wire: Wire, wired: Engine, engine: Engine, sqs: Any, queue_url: str
) -> None:
    execution_id = queued(wired)
    SqsQueue(sqs, queue_url).send(execution_id)
    with pytest.raises(RetryLater):
        deliver(wired, sqs, queue_url, while_running=wire.cut)
    assert status_and_events(engine, execution_id)[0] == "RUNNING"
    wire.mend()
    with engine.connect() as connection:
        connection.execute(text("UPDATE executions SET lease_until = now() - interval '1 second'"))
    swept = Sweeper(
        upkeep=PostgresUpkeep(wired),
        queue=SqsQueue(sqs, queue_url),
        dead_letters=SqsQueue(sqs, sqs.get_queue_url(QueueName="dead")["QueueUrl"]),
        max_attempts=4,
        resend_after_seconds=60,
        logger=LOGGER,
    ).sweep()
    assert swept.requeued == 1
    assert deliver(wired, sqs, queue_url) == 1
    assert status_and_events(engine, execution_id) == (
        "COMPLETED",
        ("queued", "claimed", "requeued", "claimed", "finished"),
    )


@pytest.fixture(params=["away", "login refused"])
def outage(request: pytest.FixtureRequest, wire: Wire, engine: Engine) -> Iterator[Outage]:
    """Two ways for the runners to be without a database: no way to it, and a login that it does not let in."""
    user = f"runner_{uuid4().hex}"
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {user} LOGIN SUPERUSER PASSWORD '{user}'"))
    runner = engine_of(make_url(wire.url).set(username=user, password=user).render_as_string(hide_password=False))

    def refuse(*, login: bool) -> None:
        with engine.connect() as connection:
            connection.execute(text(f"ALTER ROLE {user} {'NOLOGIN' if login else 'LOGIN'}"))
        runner.dispose()

    if request.param == "away":
        yield Outage(engine=runner, begin=wire.cut, end=wire.mend)
    else:
        yield Outage(engine=runner, begin=lambda: refuse(login=True), end=lambda: refuse(login=False))
    runner.dispose()
    with engine.connect() as connection:
        connection.execute(text(f"DROP ROLE {user}"))


def test_a_backlog_outlives_an_outage_of_any_length(outage: Outage, engine: Engine, sqs: Any, queue_url: str) -> None:
    """Each message has died of receives with no attempt made; the dead-letter queue is where the backlog waits."""
    executions = [queued(engine) for _ in range(3)]
    for execution_id in executions:
        SqsQueue(sqs, queue_url).send(execution_id)
    outage.begin()
    assert receive_until_dead(outage.engine, sqs, queue_url) == 4 * len(executions)
    assert {status_and_events(engine, each) for each in executions} == {("QUEUED", ("queued",))}
    outage.end()
    assert consume_all(engine, sqs, queue_url) == 0
    for _ in executions:
        assert deliver(outage.engine, sqs, queue_url) == 1
    assert {status_and_events(engine, each) for each in executions} == {
        ("COMPLETED", ("queued", "resent", "claimed", "finished"))
    }


def test_what_fails_at_each_attempt_ends_and_its_client_is_told(engine: Engine, sqs: Any, queue_url: str) -> None:
    execution_id = queued(engine)
    SqsQueue(sqs, queue_url).send(execution_id)

    def fail() -> None:
        raise OSError("spawn")

    for _ in range(4):
        with pytest.raises(RetryLater):
            deliver(engine, sqs, queue_url, while_running=fail, visibility=AtOnce(sqs, queue_url))
    assert not sqs.receive_message(QueueUrl=queue_url).get("Messages")  # the fifth receive moves it
    assert consume_all(engine, sqs, queue_url) == 1
    status, events = status_and_events(engine, execution_id)
    assert (status, events) == ("FAILED", ("queued", *("claimed", "retried") * 4, "abandoned"))


def test_a_queue_that_is_away_at_the_send(sqs: Any, queue_url: str) -> None:
    sqs.delete_queue(QueueUrl=queue_url)
    queue = SqsQueue(sqs, queue_url)
    with pytest.raises(QueueUnavailable):
        queue.send(uuid4())
    with pytest.raises(QueueUnavailable):
        queue.counts()


def test_a_message_is_what_was_agreed_and_is_counted(sqs: Any, queue_url: str) -> None:
    queue, execution_id = SqsQueue(sqs, queue_url), uuid4()
    queue.send(execution_id)
    counts = queue.counts()
    assert (counts.visible, counts.in_flight, counts.delayed, counts.all) == (1, 0, 0, 1)
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert json.loads(message["Body"]) == {"version": 1, "execution_id": str(execution_id)}
    assert messages.decode(message["Body"]).execution_id == execution_id
    assert queue.counts().in_flight == 1
