"""SQS's rules for one standard queue, by a clock of our own."""

import asyncio

import pytest

from livecode_embedded.errors import StackError
from livecode_embedded.specs import QueueSpec
from livecode_embedded.sqs.errors import (
    InvalidParameterValue,
    MessageNotInflight,
    ReceiptHandleIsInvalid,
    ServiceUnavailable,
)
from livecode_embedded.sqs.queue import Counts, Queue
from livecode_embedded.sqs.store import MessageStore


class Clock:
    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path):
    store = MessageStore(tmp_path / "queues.sqlite")
    yield store
    store.close()


@pytest.fixture
def build(clock, store):
    def build(name="Jobs", *, dead_letters=None, **settings):
        return Queue(QueueSpec(name=name, **settings), store, dead_letters=dead_letters, now=clock)

    return build


def take_one(queue, **settings):
    (message,) = queue.take(1, **settings)
    return queue.receipt_handle(message), message


def test_a_received_message_is_hidden_until_its_timeout(build, clock):
    queue = build(visibility_timeout_seconds=30)
    queue.send("a")
    _, first = take_one(queue)
    assert queue.take(10) == []
    assert queue.counts() == Counts(visible=0, in_flight=1, delayed=0)
    clock.time += 30
    assert queue.counts() == Counts(visible=1, in_flight=0, delayed=0)
    _, second = take_one(queue)
    assert (first.receive_count, second.receive_count) == (1, 2)
    assert first.first_received_at == second.first_received_at
    assert first.receipt != second.receipt


def test_messages_come_in_the_order_they_were_sent(build):
    queue = build()
    for body in "abc":
        queue.send(body)
    assert [message.body for message in queue.take(10)] == ["a", "b", "c"]


def test_delayed_messages_wait(build, clock):
    queue = build(delay_seconds=5)
    queue.send("late")
    queue.send("now", delay_seconds=0)
    assert queue.counts() == Counts(visible=1, in_flight=0, delayed=1)
    assert [message.body for message in queue.take(10)] == ["now"]
    clock.time += 5
    assert [message.body for message in queue.take(10)] == ["late"]


def test_only_the_latest_receipt_deletes(build, clock):
    queue = build(visibility_timeout_seconds=30)
    queue.send("a")
    old, _ = take_one(queue)
    clock.time += 30
    new, _ = take_one(queue)
    queue.delete(old)
    assert queue.counts().in_flight == 1
    queue.delete(new)
    queue.delete(new)
    assert queue.counts() == Counts(visible=0, in_flight=0, delayed=0)


def test_a_receipt_deletes_after_the_timeout_while_nobody_else_has_the_message(build, clock):
    queue = build(visibility_timeout_seconds=30)
    queue.send("a")
    handle, _ = take_one(queue)
    clock.time += 31
    queue.delete(handle)
    assert queue.counts().visible == 0


def test_visibility_can_be_changed_while_in_flight(build, clock):
    queue = build(visibility_timeout_seconds=30)
    queue.send("a")
    handle, _ = take_one(queue)
    queue.change_visibility(handle, 100)
    clock.time += 99
    assert queue.take(1) == []
    queue.change_visibility(handle, 0)
    take_one(queue)


def test_visibility_cannot_be_changed_otherwise(build, clock):
    queue = build(visibility_timeout_seconds=30)
    queue.send("a")
    handle, _ = take_one(queue)
    with pytest.raises(InvalidParameterValue):
        queue.change_visibility(handle, 43201)
    with pytest.raises(ReceiptHandleIsInvalid):
        queue.change_visibility("nonsense", 1)
    clock.time += 30
    with pytest.raises(MessageNotInflight):
        queue.change_visibility(handle, 1)
    queue.delete(handle)
    with pytest.raises(InvalidParameterValue):
        queue.change_visibility(handle, 1)


def test_a_receipt_of_another_queue_is_refused(build):
    first, second = build("First"), build("Second")
    first.send("a")
    handle, _ = take_one(first)
    with pytest.raises(ReceiptHandleIsInvalid):
        second.delete(handle)


def test_a_message_received_too_often_becomes_a_dead_letter(build, clock):
    dead = build("Dead")
    queue = build(visibility_timeout_seconds=30, maximum_receive_count=2, dead_letters=dead)
    sent = queue.send("a")
    for _ in range(2):
        take_one(queue)
        clock.time += 30
    assert dead.counts().visible == 0
    assert queue.take(1) == []
    _, letter = take_one(dead)
    assert (letter.id, letter.receive_count, letter.dead_letter_source) == (sent.id, 1, queue.spec.arn)
    assert letter.system_attributes()["SentTimestamp"] == str(int(sent.sent_at * 1000))
    assert queue.counts() == Counts(visible=0, in_flight=0, delayed=0)


def test_messages_past_retention_are_gone(build, clock):
    queue = build(retention_seconds=60)
    queue.send("a")
    clock.time += 60
    assert queue.counts() == Counts(visible=0, in_flight=0, delayed=0)
    assert queue.take(1) == []


def test_everything_outlives_a_restart(build, clock):
    queue = build(visibility_timeout_seconds=30)
    queue.send("a")
    queue.send("b", delay_seconds=10)
    take_one(queue)
    again = build(visibility_timeout_seconds=30)
    # Who had received "a" ended with the stack, so it is visible at once; the delay goes on.
    assert again.counts() == Counts(visible=1, in_flight=0, delayed=1)
    clock.time += 10
    assert sorted((message.body, message.receive_count) for message in again.take(10)) == [("a", 2), ("b", 1)]


def test_purge_empties(build):
    queue = build()
    queue.send("a")
    queue.purge()
    assert queue.take(1) == []
    assert build().take(1) == []


def test_a_waiting_receiver_gets_what_arrives(tmp_path):
    async def test():
        store = MessageStore(tmp_path / "queues.sqlite")
        queue = Queue(QueueSpec(name="Jobs"), store)
        waiting = asyncio.ensure_future(queue.receive(1, wait_seconds=20))
        await asyncio.sleep(0)
        queue.send("a")
        assert [message.body for message in await waiting] == ["a"]
        queue.send("b", delay_seconds=1)
        assert [message.body for message in await queue.receive(1, wait_seconds=20)] == ["b"]
        assert await queue.receive(1, wait_seconds=0.01) == []
        store.close()

    asyncio.run(test())


class FullDisk(MessageStore):
    """While `room_left` is 0 nothing can be stored; None is no limit."""

    room_left: int | None = None

    def save(self, queue, message):
        self._use_room()
        super().save(queue, message)

    def remove(self, queue, message_id):
        self._use_room()
        super().remove(queue, message_id)

    def _use_room(self):
        if self.room_left == 0:
            raise ServiceUnavailable("no room")
        if self.room_left is not None:
            self.room_left -= 1


@pytest.fixture
def disk(tmp_path):
    store = FullDisk(tmp_path / "full.sqlite")
    yield store
    store.close()


def test_what_cannot_be_stored_is_not_done(disk, clock):
    queue = Queue(QueueSpec(name="Jobs", visibility_timeout_seconds=30), disk, now=clock)
    queue.send("a")
    disk.room_left = 0
    with pytest.raises(ServiceUnavailable):
        queue.send("b")
    with pytest.raises(ServiceUnavailable):
        queue.take(1)
    assert queue.counts() == Counts(visible=1, in_flight=0, delayed=0)
    disk.room_left = None
    handle, message = take_one(queue)
    assert (message.body, message.receive_count) == ("a", 1)
    disk.room_left = 0
    for change in (queue.delete, lambda handle: queue.change_visibility(handle, 0)):
        with pytest.raises(ServiceUnavailable):
            change(handle)
    assert queue.counts() == Counts(visible=0, in_flight=1, delayed=0)
    disk.room_left = None
    queue.delete(handle)
    assert queue.counts() == Counts(visible=0, in_flight=0, delayed=0)


def test_a_batch_that_can_be_stored_in_part_is_handed_over_in_part(disk, clock):
    queue = Queue(QueueSpec(name="Jobs"), disk, now=clock)
    for body in "abc":
        queue.send(body)
    disk.room_left = 2
    assert [message.body for message in queue.take(10)] == ["a", "b"]
    assert queue.counts() == Counts(visible=1, in_flight=2, delayed=0)


@pytest.mark.parametrize("room", range(4))
def test_a_dead_letter_is_in_one_of_the_queues_wherever_the_disk_is_full(disk, clock, room):
    dead = Queue(QueueSpec(name="Dead"), disk, now=clock)
    queue = Queue(QueueSpec(name="Jobs", maximum_receive_count=1), disk, dead_letters=dead, now=clock)
    queue.send("a")
    take_one(queue)
    clock.time += 30
    disk.room_left = room
    if room < 2:
        with pytest.raises(ServiceUnavailable):
            queue.take(1)
    else:
        assert queue.take(1) == []
    disk.room_left = None
    assert queue.take(1) == []
    assert [message.body for message in dead.take(10)] == ["a"]


def test_messages_past_retention_do_not_count_even_if_they_cannot_be_removed(disk, clock):
    queue = Queue(QueueSpec(name="Jobs", retention_seconds=60), disk, now=clock)
    queue.send("a")
    clock.time += 60
    disk.room_left = 0
    assert queue.counts() == Counts(visible=0, in_flight=0, delayed=0)


def test_the_store_says_that_the_disk_is_full(store, build):
    queue = build()
    (pages,) = store._database.execute("PRAGMA page_count").fetchone()
    store._database.execute(f"PRAGMA max_page_count={pages}")  # SQLite's own limit, with the error of a full disk
    with pytest.raises(ServiceUnavailable, match="database or disk is full"):
        queue.send("x" * 100_000)
    store._database.execute("PRAGMA max_page_count=1000000")
    queue.send("x" * 100_000)
    assert queue.counts().visible == 1


def test_a_file_that_is_no_store_is_told_in_one_sentence(tmp_path):
    path = tmp_path / "queues.sqlite"
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(StackError, match=r"queues.sqlite cannot be used: file is not a database\.$"):
        MessageStore(path)
