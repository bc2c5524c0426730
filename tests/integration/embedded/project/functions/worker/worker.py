"""Does its jobs as they ask, and says in a file what it was given."""

import json
import os
from pathlib import Path


def lambda_handler(event, context):
    if "Records" not in event:
        return event
    failures = []
    for record in event["Records"]:
        job = json.loads(record["body"])
        with Path(job["file"]).open("a") as file:
            file.write(json.dumps({**record, "pid": os.getpid()}) + "\n")
        match job.get("act"):
            case "fail":
                failures.append({"itemIdentifier": record["messageId"]})
            case "raise":
                raise ValueError("on purpose")
            case "answer nonsense":
                return {"batchItemFailures": [{"itemIdentifier": "nobody"}]}
    return {"batchItemFailures": failures}
