"""EventBridge rules with a rate: send the scheduled event to its function, again and again."""

import asyncio
import json
import time
import uuid

from livecode_embedded.intrinsics import ACCOUNT_ID, REGION
from livecode_embedded.invocable import Invocable
from livecode_embedded.specs import ScheduleSpec


class Schedule:
    def __init__(self, spec: ScheduleSpec, *, function: Invocable, interval_seconds: float | None = None) -> None:
        self._spec = spec
        self._function = function
        self._interval_seconds = interval_seconds or spec.interval_seconds
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._interval_seconds)
            self._function.invoke_asynchronously(json.dumps(self._spec.event or self._event()).encode())

    def _event(self) -> dict[str, object]:
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": ACCOUNT_ID,
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "region": REGION,
            "resources": [self._spec.arn],
            "detail": {},
        }
