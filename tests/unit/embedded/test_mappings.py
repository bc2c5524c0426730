"""Which messages of a batch stay in the queue, and that no trouble of the store ends a poller."""

import asyncio
import json

import pytest

from livecode_embedded.environment import Invocation
from livecode_embedded.mappings import EventSourceMapping, failed_items
from livecode_embedded.specs import MappingSpec, QueueSpec
from livecode_embedded.sqs.errors import ServiceUnavailable
from livecode_embedded.sqs.queue import Queue
from livecode_embedded.sqs.store import MessageStore

BATCH = {"a", "b"}


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        pytest.param({"batchItemFailures": []}, set(), id="none failed"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}, id="one failed"),
        pytest.param({"batchItemFailures": None}, set(), id="null list"),
        pytest.param(None, set(), id="null"),
        pytest.param({}, set(), id="empty"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "c"}]}, BATCH, id="a stranger"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, BATCH, id="an empty name"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": None}]}, BATCH, id="a null name"),
        pytest.param({"batchItemFailures": [{"other": "a"}]}, BATCH, id="a wrong key"),
        pytest.param({"batchItemFailures": ["a"]}, BATCH, id="no object"),
        pytest.param({"batchItemFailures": "a"}, BATCH, id="no list"),
        pytest.param("text", BATCH, id="a string"),
    ],
)
def test_reads_partial_batch_responses(answer, failed):
    result = Invocation(request_id="1", payload=json.dumps(answer).encode())
    assert failed_items(result, BATCH, partial=True) == failed


def test_a_function_that_fails_fails_its_batch():
    result = Invocation(request_id="1", payload=b"{}", error=True)
    assert failed_items(result, BATCH, partial=True) == BATCH


def test_without_partial_responses_an_answer_is_success():
    result = Invocation(request_id="1", payload=b'{"batchItemFailures": [{"itemIdentifier": "a"}]}')
    assert failed_items(result, BATCH, partial=False) == set()


class FailingStore(MessageStore):
    """Raises `error` at each change while there is one."""

    error: Exception | None = None

    def save(self, queue, message):
        if self.error:
            raise self.error
        super().save(queue, message)

    def remove(self, queue, message_id):
        if self.error:
            raise self.error
        super().remove(queue, message_id)


class RecordingFunction:
    """Remembers the bodies that it was given; breaks the store while it works, if it is told to."""

    concurrency = 2

    def __init__(self, store: FailingStore) -> None:
        self.store = store
        self.breaks_with: Exception | None = None
        self.bodies: list[str] = []

    async def invoke(self, payload: bytes) -> Invocation:
        self.bodies += [record["body"] for record in json.loads(payload)["Records"]]
        self.store.error = self.breaks_with
        return Invocation(request_id="1", payload=b"{}")

    def invoke_asynchronously(self, payload: bytes) -> None:
        raise AssertionError


async def eventually(condition):
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
def mapping_of(tmp_path):
    """Runs a test beside a mapping at work: its queue, store and function, what it warned of, and what rose."""

    def start(test):
        async def main():
            risen = []
            asyncio.get_running_loop().set_exception_handler(lambda loop, context: risen.append(context["exception"]))
            store = FailingStore(tmp_path / "queues.sqlite")
            queue, function = Queue(QueueSpec(name="Jobs"), store), RecordingFunction(store)
            said: list[str] = []
            spec = MappingSpec(
                queue="Jobs", function="F", batch_size=1, maximum_concurrency=None, report_batch_item_failures=True
            )
            mapping = EventSourceMapping(spec, queue=queue, function=function, warn=said.append, retry_seconds=0.01)
            mapping.start()
            try:
                await test(queue, store, function, said, risen)
            finally:
                await mapping.close()
                store.close()

        asyncio.run(main())

    return start


def test_a_full_disk_is_told_once_and_waited_out(mapping_of):
    async def test(queue, store, function, said, risen):
        queue.send("first")
        store.error = ServiceUnavailable("The disk is full.")
        await eventually(lambda: said)
        await asyncio.sleep(0.05)  # both pollers try a few times
        assert (said, function.bodies) == (["Jobs: The disk is full. It is tried again."], [])
        store.error = None
        await eventually(lambda: function.bodies == ["first"])
        queue.send("second")
        await eventually(lambda: function.bodies == ["first", "second"])
        await eventually(lambda: queue.counts().in_flight == 0)
        assert said[1:] == ["Jobs: its messages can be stored again."]
        assert risen == []

    mapping_of(test)


def test_a_message_that_cannot_be_deleted_ends_no_poller(mapping_of):
    async def test(queue, store, function, said, risen):
        function.breaks_with = ServiceUnavailable("The disk is full.")
        queue.send("first")
        await eventually(lambda: said)
        function.breaks_with = store.error = None
        assert queue.counts().in_flight == 1  # it comes back when its visibility timeout ends
        for body in ("second", "third"):
            queue.send(body)
        await eventually(lambda: function.bodies == ["first", "second", "third"])

    mapping_of(test)


def test_an_error_of_ours_is_told_and_ends_no_poller(mapping_of):
    async def test(queue, store, function, said, risen):
        queue.send("first")
        store.error = KeyError("a bug")
        await eventually(lambda: len(risen) >= 4)  # more often than there are pollers
        store.error = None
        await eventually(lambda: function.bodies == ["first"])

    mapping_of(test)
