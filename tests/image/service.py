"""What stands around the container: a database with executions, a queue, and an event source mapping between them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from mypy_boto3_sqs import SQSClient
from sqlalchemy import Engine, text

from livecode import messages
from livecode.db.executions import PostgresExecutions
from livecode.db.sessions import PostgresSessions
from livecode.db.slots import PostgresSlots
from livecode.domain import Execution, Outcome, SessionLimits
from livecode_docker.lambda_container import LambdaContainer


@dataclass(frozen=True, kw_only=True)
class Service:
    container: LambdaContainer
    engine: Engine
    sqs: SQSClient
    queue_url: str

    def run(self, language: str, source_code: str) -> Outcome:
        """Queued, delivered, run, finished: what the row then holds."""
        execution = self.deliver(self.enqueue(language, source_code))
        assert execution.outcome is not None, execution
        assert self.events(execution.id) == ["queued", "claimed", "finished"]
        return execution.outcome

    def enqueue(self, language: str, source_code: str) -> UUID:
        session_id, execution_id = uuid4(), uuid4()
        PostgresSessions(self.engine, rate_limit_burst=10).create(
            session_id, language=language, source_code=source_code
        )
        PostgresSlots(self.engine, SessionLimits()).take(session_id, execution_id)
        self.sqs.send_message(QueueUrl=self.queue_url, MessageBody=messages.encode(execution_id))
        return execution_id

    def receive(self) -> dict[str, Any]:
        """The next message as a record of Lambda's event."""
        received = self.sqs.receive_message(
            QueueUrl=self.queue_url, MaxNumberOfMessages=1, MessageSystemAttributeNames=["All"], WaitTimeSeconds=5
        )
        (message,) = received["Messages"]
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message["Attributes"],
            "messageAttributes": {},
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:ExecutionQueue",
            "awsRegion": "us-east-1",
        }

    def deliver(self, execution_id: UUID) -> Execution:
        """Hands the queue's next message to the container, deletes it if it was done, and reads the row."""
        record = self.receive()
        assert messages.decode(record["body"]).execution_id == execution_id
        answer = self.container.invoke({"Records": [record]})
        assert answer.payload == {"batchItemFailures": []}, f"{answer}\n{self.container.logs()[-3000:]}"
        self.sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=record["receiptHandle"])
        return self.execution(execution_id)

    def execution(self, execution_id: UUID) -> Execution:
        return PostgresExecutions(self.engine).get(execution_id)

    def events(self, execution_id: UUID) -> list[str]:
        query = text("SELECT event FROM execution_events WHERE execution_id = :id ORDER BY id")
        with self.engine.connect() as connection:
            return list(connection.execute(query, {"id": execution_id}).scalars())
