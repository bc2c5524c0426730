"""Lambda freezes an environment whenever no event is there. A frozen runner loses nothing and doubles nothing."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar
from uuid import UUID

from sqlalchemy import text

from livecode.db.executions import PostgresExecutions
from livecode.domain import ClaimedExecution, Outcome, Status
from livecode.errors import ExecutionHeld
from livecode_docker.lambda_container import Answer
from tests.image.conftest import PARAMETERS, Start
from tests.image.service import Service

T = TypeVar("T")

_POLL_SECONDS = 0.02
_DEADLINE_SECONDS = 30
FREEZE_SECONDS = 4
SLOW = "import time\nfor n in range(10): print(n, flush=True); time.sleep(0.1)"
SLOW_PRINTS = "".join(f"{n}\n" for n in range(10))


def until(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while (found := look()) is None:
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(_POLL_SECONDS)
    return found


@contextmanager
def frozen(service: Service, *, for_seconds: float) -> Iterator[None]:
    """Freezes the container for so long at least: time that passes unseen is what these tests are about."""
    service.container.pause()
    ends = time.monotonic() + for_seconds
    yield
    time.sleep(max(0.0, ends - time.monotonic()))
    service.container.unpause()


def running(service: Service, execution_id: UUID) -> None:
    until(lambda: True if service.execution(execution_id).status is Status.RUNNING else None)


def test_a_freeze_between_events_harms_nothing(service: Service) -> None:
    for number in range(3):
        with frozen(service, for_seconds=0.3):
            pass
        assert service.run("python", f"print({number})").stdout == f"{number}\n"


def test_a_connection_that_ended_in_the_freeze_is_made_anew(service: Service) -> None:
    service.run("python", "print(1)")
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'livecode-runner'"
    # A connection that was used within a second is not looked at before it is used again.
    with frozen(service, for_seconds=1.1), service.engine.connect() as connection:
        assert connection.execute(text(query)).all()
    assert service.run("python", "print(2)").stdout == "2\n"


def test_a_freeze_in_the_middle_of_a_run_loses_nothing(service: Service) -> None:
    execution_id = service.enqueue("python", SLOW)
    with ThreadPoolExecutor(1) as pool:
        delivery = pool.submit(service.deliver, execution_id)
        running(service, execution_id)
        for _ in range(3):
            with frozen(service, for_seconds=0.5):
                pass
            service.container.processes()  # answers once the container runs again
        execution = delivery.result()
    assert execution.outcome is not None
    assert (execution.outcome.status, execution.outcome.stdout) == (Status.COMPLETED, SLOW_PRINTS)
    assert service.events(execution_id) == ["queued", "claimed", "finished"]


def test_a_result_that_comes_after_its_lease_changes_nothing(start: Start) -> None:
    service = start(LEASE_SECONDS="2")
    service.run("python", "print(1)")
    execution_id = service.enqueue("python", SLOW)
    record = service.receive()
    elsewhere = PostgresExecutions(service.engine)

    def claim() -> ClaimedExecution | None:
        try:
            return elsewhere.claim(execution_id, lease_seconds=60, max_attempts=4)
        except ExecutionHeld:
            return None

    with ThreadPoolExecutor(1) as pool:
        answer: Future[Answer] = pool.submit(service.container.invoke, {"Records": [record]})
        running(service, execution_id)
        with frozen(service, for_seconds=0):
            claimed = until(claim)
        # Finished here, attempt 1 comes too late; attempt 2 is still at work.
        assert answer.result().payload == {"batchItemFailures": []}
        assert service.execution(execution_id).status is Status.RUNNING
    assert elsewhere.finish(claimed, Outcome(status=Status.COMPLETED, stdout="from the other runner\n", exit_code=0))
    execution = service.execution(execution_id)
    assert execution.attempt == 2
    assert execution.outcome is not None
    assert execution.outcome.stdout == "from the other runner\n"
    assert service.events(execution_id).count("finished") == 1


def test_a_program_s_time_does_not_stand_still_in_a_freeze(service: Service) -> None:
    """Lambda freezes no environment during an event; should it ever, the program is not given more time for it."""
    execution_id = service.enqueue("python", "print('started', flush=True)\nwhile True: pass")
    with ThreadPoolExecutor(1) as pool:
        delivery = pool.submit(service.deliver, execution_id)
        running(service, execution_id)
        with frozen(service, for_seconds=FREEZE_SECONDS):
            pass
        outcome = delivery.result().outcome
    assert outcome is not None
    assert outcome.status is Status.TIMEOUT
    assert outcome.execution_time_ms is not None
    limit_ms = int(PARAMETERS["RunWallTimeSeconds"]) * 1000
    assert limit_ms <= outcome.execution_time_ms < limit_ms + FREEZE_SECONDS * 1000
