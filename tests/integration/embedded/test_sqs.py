"""SQS through boto3: what its client checks, sends and expects."""

import pytest
from botocore.exceptions import ClientError

from .conftest import PROJECT, run, running_stack


def with_queue(test):
    def decorated(state):
        async def main():
            async with running_stack(PROJECT, state) as stack:

                async def call(operation, **arguments):
                    url = stack.queue_url("PlainQueue")
                    return await stack.call("sqs", operation, **{"QueueUrl": url, **arguments})

                await test(call, stack)

        run(main())

    decorated.__name__ = test.__name__
    return decorated


async def refused(call, operation, **arguments):
    with pytest.raises(ClientError) as failure:
        await call(operation, **arguments)
    return failure.value.response["Error"]["Code"]


@with_queue
async def test_a_message_makes_its_round(call, stack):
    attributes = {
        "Text": {"DataType": "String", "StringValue": "é"},
        "Bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
        "Number": {"DataType": "Number", "StringValue": "7"},
    }
    sent = await call("send_message", MessageBody="héllo", MessageAttributes=attributes)
    received = await call("receive_message", MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"])
    (message,) = received["Messages"]
    assert message["Body"] == "héllo"
    assert message["MessageId"] == sent["MessageId"]
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["MessageAttributes"]["Bytes"]["BinaryValue"] == b"\x00\xff"
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    await call("change_message_visibility", ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    (again,) = (await call("receive_message", WaitTimeSeconds=1))["Messages"]
    await call("delete_message", ReceiptHandle=again["ReceiptHandle"])
    assert "Messages" not in await call("receive_message")


@with_queue
async def test_batches_report_each_entry(call, stack):
    entries = [{"Id": str(n), "MessageBody": str(n), "DelaySeconds": 0 if n < 3 else 901} for n in range(4)]
    answer = await call("send_message_batch", Entries=entries)
    assert [entry["Id"] for entry in answer["Successful"]] == ["0", "1", "2"]
    assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("3", "InvalidParameterValue")]
    messages = (await call("receive_message", MaxNumberOfMessages=10))["Messages"]
    handles = [message["ReceiptHandle"] for message in messages]
    hidden = [{"Id": str(n), "ReceiptHandle": handle, "VisibilityTimeout": 60} for n, handle in enumerate(handles)]
    assert len((await call("change_message_visibility_batch", Entries=hidden))["Successful"]) == 3
    gone = [{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate([*handles, "nonsense"])]
    answer = await call("delete_message_batch", Entries=gone)
    assert len(answer["Successful"]) == 3
    assert answer["Failed"][0]["Code"] == "ReceiptHandleIsInvalid"


@with_queue
async def test_queues_are_found_and_described(call, stack):
    urls = await stack.call("sqs", "list_queues", QueueNamePrefix="Job")
    assert urls["QueueUrls"] == [stack.queue_url("JobDeadLetterQueue"), stack.queue_url("JobQueue")]
    found = await stack.call("sqs", "get_queue_url", QueueName="PlainQueue")
    assert found["QueueUrl"] == stack.queue_url("PlainQueue")
    await call("send_message", MessageBody="x", DelaySeconds=60)
    await call("send_message", MessageBody="y")
    attributes = (await call("get_queue_attributes", AttributeNames=["All"]))["Attributes"]
    assert attributes["ApproximateNumberOfMessages"] == "1"
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
    assert attributes["VisibilityTimeout"] == "30"
    await call("purge_queue")
    attributes = (await call("get_queue_attributes", AttributeNames=["ApproximateNumberOfMessages"]))["Attributes"]
    assert attributes == {"ApproximateNumberOfMessages": "0"}


@with_queue
async def test_mistakes_are_answered_as_sqs_does(call, stack):
    url = stack.queue_url("PlainQueue").replace("PlainQueue", "NoQueue")
    client = stack.client("sqs")
    with pytest.raises(client.exceptions.QueueDoesNotExist):
        await call("send_message", QueueUrl=url, MessageBody="x")
    with pytest.raises(client.exceptions.ReceiptHandleIsInvalid):
        await call("delete_message", ReceiptHandle="nonsense")
    with pytest.raises(client.exceptions.EmptyBatchRequest):
        await call("send_message_batch", Entries=[])
    with pytest.raises(client.exceptions.BatchEntryIdsNotDistinct):
        await call("send_message_batch", Entries=[{"Id": "1", "MessageBody": "x"}] * 2)
    with pytest.raises(client.exceptions.InvalidMessageContents):
        await call("send_message", MessageBody="\x00")
    client.close()
    many = [{"Id": str(n), "MessageBody": "x"} for n in range(11)]
    assert (
        await refused(call, "send_message_batch", Entries=many) == "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"
    )
    assert await refused(call, "receive_message", MaxNumberOfMessages=11) == "InvalidParameterValue"
    assert await refused(call, "send_message", MessageBody="x" * 1_048_577) == "InvalidParameterValue"
    assert await refused(call, "tag_queue", Tags={"a": "b"}) == "AWS.SimpleQueueService.UnsupportedOperation"


def test_a_full_disk_is_an_error_that_clients_try_again(state):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            store = stack.stack._store
            assert store
            (pages,) = store._database.execute("PRAGMA page_count").fetchone()
            store._database.execute(f"PRAGMA max_page_count={pages}")  # SQLite's own limit: the error of a full disk
            call = {"QueueUrl": stack.queue_url("JobQueue"), "MessageBody": "x" * 100_000}
            with pytest.raises(ClientError) as failure:
                await stack.call("sqs", "send_message", **call)
            response = failure.value.response
            assert response["Error"]["Code"] == "ServiceUnavailable"
            assert response["ResponseMetadata"]["HTTPStatusCode"] == 503
            assert response["ResponseMetadata"]["RetryAttempts"] > 0

    run(test())
