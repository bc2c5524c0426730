"""A function as `sam local start-lambda` serves it: Lambda's Invoke API before one warm container."""

import asyncio
import json

import aiohttp

from livecode_embedded.environment import Invocation


class SamFunction:
    """One event at a time: sam keeps one container a function."""

    concurrency = 1

    def __init__(self, name: str, *, url: str, session: aiohttp.ClientSession) -> None:
        self._url = f"{url}/2015-03-31/functions/{name}/invocations"
        self._session = session
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[Invocation]] = set()

    async def invoke(self, payload: bytes) -> Invocation:
        try:
            async with self._turn, self._session.post(self._url, data=payload) as answer:
                body = await answer.read()
                request_id = answer.headers.get("x-amzn-RequestId", "")
                error = answer.status != 200 or "x-amz-function-error" in answer.headers or not _is_json(body)
                return Invocation(request_id=request_id, payload=body, error=error)
        except aiohttp.ClientError as error:
            message = {"errorType": "Sam.Unreachable", "errorMessage": str(error)}
            return Invocation(request_id="", payload=json.dumps(message).encode(), error=True)

    def invoke_asynchronously(self, payload: bytes) -> None:
        """Invokes the function without waiting, and without Lambda's retries: what comes on a schedule comes again."""
        task = asyncio.get_running_loop().create_task(self.invoke(payload))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _is_json(body: bytes) -> bool:
    """Whether an answer is JSON: one of a function that timed out is a sentence, with status 200."""
    try:
        json.loads(body)
    except ValueError:
        return False
    return True
