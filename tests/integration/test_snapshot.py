"""SnapStart: ApiFunction's initialised process is copied, hours later and many times over, and each copy is its own.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html; here fork() makes the copies.
"""

import json
import os
import subprocess
import sys
from uuid import UUID

from sqlalchemy import Engine, text

COPIES = 3
PROGRAM = """
import json, os, random, sys
from types import SimpleNamespace

from livecode_api.handler import lambda_handler

descriptors = [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]
print(json.dumps([path for path in descriptors if "socket:" in path]), flush=True)

def call(method, path):
    event = {
        "httpMethod": method, "path": path, "resource": path, "headers": {}, "multiValueHeaders": {},
        "queryStringParameters": None, "multiValueQueryStringParameters": None, "body": None, "isBase64Encoded": False,
        "requestContext": {"requestId": "request", "path": path, "stage": "Prod"},
    }
    context = SimpleNamespace(
        function_name="ApiFunction", memory_limit_in_mb=512, invoked_function_arn="arn", aws_request_id="request",
        get_remaining_time_in_millis=lambda: 10_000,
    )
    return lambda_handler(event, context)

for _ in range(int(sys.argv[1])):
    child = os.fork()
    if not child:
        created = call("POST", "/code-sessions")
        read = call("GET", "/code-sessions/" + json.loads(created["body"])["session_id"])
        answer = json.dumps([created["statusCode"], read["statusCode"], json.loads(created["body"])])
        os.write(1, f"{answer}\\n".encode())  # whole: an unbuffered print() writes the line and its end one by one
        os._exit(0)
for _ in range(int(sys.argv[1])):
    os.wait()
"""


def test_copies_of_an_initialised_function_share_no_connection_and_no_id(engine: Engine, database_url: str) -> None:
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(COPIES)],
        env={
            **os.environ,
            "AWS_DEFAULT_REGION": "eu-central-1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "DATABASE_URL": database_url,
            "EXECUTION_QUEUE_URL": "http://127.0.0.1:1/000000000000/queue",
            "POWERTOOLS_SERVICE_NAME": "livecode-test",
            "POWERTOOLS_LOG_LEVEL": "ERROR",
            "PYTHONPATH": os.pathsep.join(sys.path),
        },
        capture_output=True,
        check=True,
    )
    sockets, *answers = map(json.loads, process.stdout.splitlines())
    assert sockets == []  # a snapshot with a connection in it would hand one out to all copies
    assert [(created, read) for created, read, _ in answers] == [(201, 200)] * COPIES
    ids = {UUID(session["session_id"]) for _, _, session in answers}
    assert len({session_id.int & (1 << 62) - 1 for session_id in ids}) == COPIES  # what comes after the time, too
    with engine.connect() as connection:
        stored = set(connection.execute(text("SELECT id FROM code_sessions")).scalars())
    assert ids <= stored
