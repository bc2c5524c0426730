"""Rate, cap, snapshot and row are one statement, right under any concurrency."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.domain import SessionLimits, Slot
from livecode.errors import ExecutionLimitReached, RateLimited, RequestError, SessionNotFound
from tests.integration.conftest import engine_of


def new_session(engine: Engine, source_code: str = "print(1)") -> UUID:
    session_id = uuid4()
    PostgresSessions(engine, rate_limit_burst=10).create(session_id, language="python", source_code=source_code)
    return session_id


def take(engine: Engine, session_id: UUID, **limits: int) -> Slot | RequestError:
    try:
        return PostgresSlots(engine, SessionLimits(**limits)).take(session_id, uuid4())
    except RequestError as error:
        return error


def take_at_once(database_url: str, session_id: UUID, times: int, **limits: int) -> Counter[str]:
    def one(_: int) -> str:
        engine = engine_of(database_url)
        try:
            return type(take(engine, session_id, **limits)).__name__
        finally:
            engine.dispose()

    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(one, range(times)))


def rows(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM executions")).scalar_one())


def let_time_pass(engine: Engine, seconds: float) -> None:
    with engine.connect() as connection:
        connection.execute(
            text("UPDATE code_sessions SET run_tokens_at = run_tokens_at - :s * interval '1 second'"), {"s": seconds}
        )


def test_eleven_at_once_are_ten_runs_and_one_refusal(engine: Engine, database_url: str) -> None:
    session_id = new_session(engine)
    assert take_at_once(database_url, session_id, 11) == {"Slot": 10, "RateLimited": 1}
    assert rows(engine) == 10


def test_two_at_once_for_the_last_of_the_cap_are_one_run(engine: Engine, database_url: str) -> None:
    session_id = new_session(engine)
    assert isinstance(take(engine, session_id, execution_limit=2), Slot)
    assert take_at_once(database_url, session_id, 2, execution_limit=2) == {"Slot": 1, "ExecutionLimitReached": 1}
    assert rows(engine) == 2


def test_the_bucket_fills_by_one_each_six_seconds(engine: Engine) -> None:
    session_id = new_session(engine)
    taken = [take(engine, session_id) for _ in range(10)]
    assert [slot.runs_left for slot in taken if isinstance(slot, Slot)] == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
    refused = take(engine, session_id)
    assert isinstance(refused, RateLimited)
    assert 5 < refused.retry_after_seconds <= 6
    let_time_pass(engine, 6)
    assert isinstance(take(engine, session_id), Slot)
    assert isinstance(take(engine, session_id), RateLimited)
    let_time_pass(engine, 3_600)
    assert sum(isinstance(take(engine, session_id), Slot) for _ in range(12)) == 10


def test_the_window_s_edge_gives_no_second_burst(engine: Engine) -> None:
    session_id = new_session(engine)
    let_time_pass(engine, 59)
    assert sum(isinstance(take(engine, session_id), Slot) for _ in range(10)) == 10
    let_time_pass(engine, 2)
    assert isinstance(take(engine, session_id), RateLimited)


def test_refused_runs_do_not_count(engine: Engine) -> None:
    session_id = new_session(engine)
    for _ in range(12):
        take(engine, session_id, execution_limit=11)
    let_time_pass(engine, 60)
    assert isinstance(take(engine, session_id, execution_limit=11), Slot)
    assert isinstance(take(engine, session_id, execution_limit=11), ExecutionLimitReached)


def test_a_clock_that_goes_back_takes_no_tokens(engine: Engine) -> None:
    session_id = new_session(engine)
    let_time_pass(engine, -3_600)
    assert isinstance(take(engine, session_id), Slot)


def test_a_run_keeps_the_snapshot_of_its_moment(engine: Engine) -> None:
    session_id = new_session(engine, "before")
    take(engine, session_id)
    PostgresSessions(engine, rate_limit_burst=10).change(session_id, language="c++", source_code="after")
    with engine.connect() as connection:
        row = connection.execute(text("SELECT language, source_code, status FROM executions")).one()
        events = connection.execute(text("SELECT event, attempt FROM execution_events")).all()
    assert tuple(row) == ("python", "before", "QUEUED")
    assert [tuple(event) for event in events] == [("queued", 0)]


def test_a_withdrawn_run_gives_its_slot_back(engine: Engine) -> None:
    session_id, execution_id = new_session(engine), uuid4()
    slots = PostgresSlots(engine, SessionLimits(execution_limit=1))
    slots.take(session_id, execution_id)
    assert slots.withdraw(execution_id)
    assert not slots.withdraw(execution_id)
    assert rows(engine) == 0
    assert slots.take(session_id, uuid4()).runs_left == 0


def set_tokens(engine: Engine, session_id: UUID, tokens: float) -> None:
    """Fills the bucket so far, and lets nothing flow into it."""
    with engine.connect() as connection:
        connection.execute(
            text("UPDATE code_sessions SET run_tokens = :n, run_tokens_at = now() + interval '1 day' WHERE id = :id"),
            {"n": tokens, "id": session_id},
        )


def tokens_of(engine: Engine, session_id: UUID) -> tuple[float, int]:
    """The tokens that are left, and the runs that count."""
    with engine.connect() as connection:
        row = connection.execute(
            text("SELECT run_tokens, execution_count FROM code_sessions WHERE id = :id"), {"id": session_id}
        ).one()
    return float(row.run_tokens), int(row.execution_count)


def test_a_run_costs_one_whole_token(engine: Engine) -> None:
    session_id = new_session(engine)
    set_tokens(engine, session_id, 0.999)
    refused = take(engine, session_id)
    assert isinstance(refused, RateLimited)
    assert refused.retry_after_seconds == pytest.approx(0.006)
    assert tokens_of(engine, session_id) == (0.999, 0)
    set_tokens(engine, session_id, 1)
    assert isinstance(take(engine, session_id), Slot)
    assert tokens_of(engine, session_id) == (0, 1)


@pytest.mark.parametrize(("left", "then"), [(5, 5), (10, 10)])
def test_a_withdrawn_run_gives_one_token_back_and_fills_no_bucket_over(
    engine: Engine, left: float, then: float
) -> None:
    session_id, execution_id = new_session(engine), uuid4()
    slots = PostgresSlots(engine, SessionLimits())
    set_tokens(engine, session_id, left)
    slots.take(session_id, execution_id)
    assert tokens_of(engine, session_id) == (left - 1, 1)
    slots.withdraw(execution_id)
    assert tokens_of(engine, session_id) == (then, 0)
    slots.take(session_id, execution_id)
    set_tokens(engine, session_id, 10)  # it was filled meanwhile
    slots.withdraw(execution_id)
    assert tokens_of(engine, session_id) == (10, 0)


def test_no_session_no_run(engine: Engine) -> None:
    with pytest.raises(SessionNotFound):
        PostgresSlots(engine, SessionLimits()).take(uuid4(), uuid4())
