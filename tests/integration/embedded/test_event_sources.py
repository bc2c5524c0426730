"""Queues and schedules that call functions: batches, partial failures, redrive, restarts."""

import json

import pytest

from livecode_embedded.schedules import Schedule
from livecode_embedded.specs import ScheduleSpec

from .conftest import PROJECT, eventually, run, running_stack


def records(file):
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def counts(stack, queue):
    answer = await stack.call("sqs", "get_queue_attributes", QueueUrl=stack.queue_url(queue), AttributeNames=["All"])
    attributes = answer["Attributes"]
    names = (
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    )
    return tuple(int(attributes[name]) for name in names)


async def send(stack, queue, *jobs):
    entries = [{"Id": str(number), "MessageBody": json.dumps(job)} for number, job in enumerate(jobs)]
    await stack.call("sqs", "send_message_batch", QueueUrl=stack.queue_url(queue), Entries=entries)


def test_messages_become_records_and_are_deleted(state, tmp_path):
    jobs = tmp_path / "jobs"

    async def test():
        async with running_stack(PROJECT, state) as stack:
            sent = await stack.call(
                "sqs",
                "send_message",
                QueueUrl=stack.queue_url("JobQueue"),
                MessageBody=json.dumps({"file": str(jobs)}),
                MessageAttributes={"Colour": {"DataType": "String", "StringValue": "red"}},
            )
            (record,) = await eventually(lambda: records(jobs))
            assert record["messageId"] == sent["MessageId"]
            assert record["md5OfBody"] == sent["MD5OfMessageBody"]
            assert record["eventSource"] == "aws:sqs"
            assert record["eventSourceARN"] == "arn:aws:sqs:us-east-1:000000000000:JobQueue"
            assert record["attributes"]["ApproximateReceiveCount"] == "1"
            assert record["messageAttributes"]["Colour"]["stringValue"] == "red"

            async def empty():
                return await counts(stack, "JobQueue") == (0, 0, 0)

            await eventually(empty)

    run(test())


@pytest.mark.parametrize(
    ("act", "left"),
    [
        pytest.param("fail", 1, id="names its failure: the others are deleted"),
        pytest.param("raise", None, id="raises: none is deleted"),
        pytest.param("answer nonsense", None, id="names a stranger: none is deleted"),
    ],
)
def test_what_a_function_does_not_finish_stays_in_flight(state, tmp_path, act, left):
    jobs = tmp_path / "jobs"

    async def test():
        async with running_stack(PROJECT, state) as stack:
            good = [{"file": str(jobs)} for _ in range(3)]
            await send(stack, "JobQueue", {"file": str(jobs), "act": act}, *good)

            async def settled():
                visible, in_flight, _ = await counts(stack, "JobQueue")
                return visible == 0 and (in_flight == left if left else in_flight >= 1) and records(jobs)

            await eventually(settled)

    run(test())


def test_what_fails_too_often_goes_to_the_dead_letter_queue(state, tmp_path):
    jobs = tmp_path / "jobs"

    async def test():
        async with running_stack(PROJECT, state) as stack:
            await send(stack, "JobQueue", {"file": str(jobs), "act": "fail"})
            for received in (1, 2):

                def seen(received=received):
                    return len(records(jobs)) == received

                await eventually(seen)
                await stack.call(
                    "sqs",
                    "change_message_visibility",
                    QueueUrl=stack.queue_url("JobQueue"),
                    ReceiptHandle=records(jobs)[-1]["receiptHandle"],
                    VisibilityTimeout=0,
                )

            async def dead():
                answer = await stack.call(
                    "sqs",
                    "receive_message",
                    QueueUrl=stack.queue_url("JobDeadLetterQueue"),
                    MessageSystemAttributeNames=["All"],
                )
                return answer.get("Messages")

            (message,) = await eventually(dead)
            assert message["Attributes"]["DeadLetterQueueSourceArn"].endswith(":JobQueue")
            assert len(records(jobs)) == 2

    run(test())


def test_messages_outlive_the_stack(state, tmp_path):
    jobs = tmp_path / "jobs"

    async def test():
        async with running_stack(PROJECT, state) as stack:
            await stack.call("sqs", "send_message", QueueUrl=stack.queue_url("PlainQueue"), MessageBody="kept")
            await stack.call(
                "sqs",
                "send_message",
                QueueUrl=stack.queue_url("JobQueue"),
                MessageBody=json.dumps({"file": str(jobs)}),
                DelaySeconds=1,
            )
        async with running_stack(PROJECT, state) as stack:
            answer = await stack.call("sqs", "receive_message", QueueUrl=stack.queue_url("PlainQueue"))
            assert [message["Body"] for message in answer["Messages"]] == ["kept"]
            await eventually(lambda: records(jobs))

    run(test())


def test_schedules_send_their_event(state, tmp_path):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            event = {"Records": [{"messageId": "1", "body": json.dumps({"file": str(tmp_path / "ticks")})}]}
            spec = ScheduleSpec(name="Tick", function="WorkerFunction", interval_seconds=60, event=event)
            schedule = Schedule(spec, function=stack.stack.functions["WorkerFunction"], interval_seconds=0.05)
            schedule.start()
            await eventually(lambda: len(records(tmp_path / "ticks")) >= 2)
            await schedule.close()

    run(test())
