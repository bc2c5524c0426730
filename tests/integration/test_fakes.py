"""The store in memory, on which unit tests rely, does what Postgres does: the same steps, drawn by chance, on both."""

import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text

from livecode.db.executions import PostgresExecutions
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.db.upkeep import PostgresUpkeep
from livecode.domain import ClaimedExecution, Outcome, Reason, SessionLimits, Status
from livecode.errors import ExecutionHeld, RequestError
from livecode.ids import uuid7
from tests.fakes import InMemoryExecutions, InMemorySessions, InMemoryStore

STEPS = 120
BURST, CAP, MAX_ATTEMPTS = 6, 4, 3
OUTCOMES = (
    Outcome(status=Status.COMPLETED, exit_code=0, stdout="1\n", execution_time_ms=7),
    Outcome(status=Status.FAILED, reason=Reason.RUNTIME_ERROR, exit_code=1, execution_time_ms=8),
)


class Fake:
    """The store in memory; a lease ends when the test says so."""

    def __init__(self) -> None:
        self.store = InMemoryStore(execution_limit=CAP, tokens=BURST)
        self.sessions, self.slots = InMemorySessions(self.store), self.store
        self.executions, self.claims = InMemoryExecutions(self.store), self.store
        self.upkeep = self.store

    def end_leases(self) -> None:
        for row in self.store.rows.values():
            row.lease_seconds = 0


class Real:
    """Postgres; the bucket of tokens is filled again in years."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        limits = SessionLimits(rate_limit_burst=BURST, rate_limit_refill_seconds=1e8, execution_limit=CAP)
        self.sessions, self.slots = PostgresSessions(engine, rate_limit_burst=BURST), PostgresSlots(engine, limits)
        self.executions = self.claims = PostgresExecutions(engine)
        self.upkeep = PostgresUpkeep(engine)

    def end_leases(self) -> None:
        with self.engine.connect() as connection:
            connection.execute(
                text("UPDATE executions SET lease_until = now() - interval '1 second' WHERE status = 'RUNNING'")
            )


def told(call: Callable[[], Any]) -> Any:
    """What a step answers, without the times, which differ."""
    try:
        answer = call()
    except (RequestError, ExecutionHeld) as error:
        return type(error).__name__
    if isinstance(answer, ClaimedExecution):
        return answer.id, answer.session_id, answer.language, answer.source_code, answer.attempt
    return answer


def state(store: Any, sessions: list[UUID], executions: list[UUID]) -> list[Any]:
    """All that can be read."""

    def read(execution_id: UUID) -> Any:
        row = store.executions.get(execution_id)
        times = row.started_at is not None, row.finished_at is not None
        return row.id, row.session_id, row.language, row.status, row.attempt, row.outcome, times

    def listed(session_id: UUID) -> Any:
        rows = store.executions.list_of_session(session_id, limit=3)
        return [(row.execution_id, row.status, row.finished_at is not None, row.execution_time_ms) for row in rows]

    return [
        [told(lambda each=each: read(each)) for each in executions],  # type: ignore[misc]
        [told(lambda each=each: listed(each)) for each in sessions],  # type: ignore[misc]
        [store.claims.lease_remaining_seconds(each) is None for each in executions],
        store.upkeep.active_executions(),
    ]


def play(seed: int, fake: Fake, real: Real) -> set[str]:
    """Takes the same steps with both; returns what was answered, so that a test can tell whether it saw everything."""
    chance = random.Random(seed)
    sessions, executions = [uuid7(), uuid7(), uuid7()], [uuid7()]
    claimed: dict[UUID, tuple[ClaimedExecution, ClaimedExecution]] = {}
    answered: set[str] = set()
    for session_id in sessions[:2]:  # the third is never made
        for store in (fake, real):
            store.sessions.create(session_id, language="python", source_code=f"print({session_id.int % 100})")
    for step in range(STEPS):
        session_id, execution_id = chance.choice(sessions), chance.choice(executions[-3:])
        outcome = chance.choice(OUTCOMES)
        what = chance.choice(
            ("take", "take", "claim", "claim", "finish", "give_back", "abandon", "revive", "withdraw", "end", "mark")
        )
        if what in ("finish", "give_back") and claimed:
            execution_id = chance.choice(list(claimed)[-4:])
        answers: list[Any] = []
        new_id = uuid7()
        counted = chance.random() < 0.5
        stores: tuple[Any, Any] = fake, real
        for index, store in enumerate(stores):
            claims: Any = store.claims
            held = claimed.get(execution_id)
            if what == "take":
                answers.append(told(lambda store=store: store.slots.take(session_id, new_id).runs_left))  # type: ignore[misc] # noqa: B023
            elif what == "claim":
                try:
                    claim = claims.claim(execution_id, lease_seconds=60, max_attempts=MAX_ATTEMPTS)
                except ExecutionHeld:
                    answers.append("ExecutionHeld")
                    continue
                answers.append(told(lambda claim=claim: claim))  # type: ignore[misc]
                if claim is not None:
                    before = claimed.get(execution_id, (claim, claim))
                    claimed[execution_id] = (claim, before[1]) if index == 0 else (before[0], claim)
            elif what == "finish" and held:
                answers.append(claims.finish(held[index], outcome))
            elif what == "give_back" and held:
                answers.append(claims.give_back(held[index], counted=counted))
            elif what == "abandon":
                answers.append(claims.abandon(execution_id))
            elif what == "revive":
                answers.append(claims.revive(execution_id, max_attempts=MAX_ATTEMPTS, give_up_after_seconds=1000))
            elif what == "withdraw":
                answers.append(store.slots.withdraw(execution_id))
            elif what == "mark":
                store.slots.mark_sent(execution_id)
            elif what == "end":
                store.end_leases()
        if what == "take":
            executions.append(new_id)
        if answers:
            assert answers[0] == answers[1], (step, what)
            answered.add(f"{what}: {answers[0] if isinstance(answers[0], str | bool) else type(answers[0]).__name__}")
        assert state(fake, sessions, executions[-4:]) == state(real, sessions, executions[-4:]), (step, what)
        if chance.random() < 0.02:  # all executions of a session go with it
            for store in (fake, real):
                store.sessions.delete(sessions[0])
            for store in (fake, real):
                store.sessions.create(sessions[0], language="javascript", source_code="1")
    for store in (fake, real):
        for session_id in sessions[:2]:
            store.sessions.delete(session_id)
    return answered


def test_does_what_postgres_does(engine: Engine) -> None:
    answered = set().union(*(play(seed, Fake(), Real(engine)) for seed in range(4)))
    calls = {"take": {"int", "RateLimited", "ExecutionLimitReached", "SessionNotFound"}, "claim": {"tuple", "NoneType"}}
    calls["claim"].add("ExecutionHeld")
    for call in ("finish", "give_back", "abandon", "revive", "withdraw"):
        calls[call] = {"True", "False"}
    # The bucket is larger than what a session may have, so that it never refuses: each of the two is tested by itself.
    expected = {f"{call}: {answer}" for call, answers in calls.items() for answer in answers} - {"take: RateLimited"}
    assert answered == expected
