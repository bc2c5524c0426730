"""Answers with the event it got, or misbehaves as it is asked to."""

import json
import logging
import os
import sys
import time

from shared_words import WORD

VERSION = 1
calls = 0


def lambda_handler(event, context):
    global calls
    calls += 1
    request = json.loads(event["body"]) if event.get("body") and event["body"].startswith("{") else {}
    match request.get("act"):
        case "raise":
            raise ValueError("on purpose")
        case "exit":
            sys.exit(7)
        case "sleep":
            time.sleep(request["seconds"])
        case "log":
            logging.getLogger().info("a word")
            sys.stdout.write("a plain line\n")
        case "answer":
            return request["answer"]
    body = {
        "event": event,
        "calls": calls,
        "pid": os.getpid(),
        "version": VERSION,
        "word": WORD,
        "remaining_ms": context.get_remaining_time_in_millis(),
        "environment": dict(os.environ),
    }
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(body)}
