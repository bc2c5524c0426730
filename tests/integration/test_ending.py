"""A runner that can run nothing more, under AWS's runtime client: answers, and is replaced before the next event."""

import asyncio
import json
from pathlib import Path
from typing import Any

from livecode_embedded.functions import LambdaFunction
from livecode_embedded.specs import FunctionSpec

PROJECT = Path(__file__).parents[2]
HANDLER = """
import os

from livecode_runner.ending import end_before_next_event

def handler(event, context):
    if event["break"]:
        end_before_next_event()
    return {"pid": os.getpid()}
"""


def test_the_answer_arrives_and_another_process_takes_the_next_event(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(HANDLER)
    lines: list[str] = []
    spec = FunctionSpec(
        name="Runner",
        handler="program.handler",
        code_root=tmp_path,
        layers=(PROJECT / "functions/runner",),
        runtime=None,
        timeout_seconds=30,
        memory_mb=128,
        reserved_concurrency=1,
        log_format="JSON",
        log_level=None,
        log_group="/aws/lambda/Runner",
        variables={},
    )

    async def invoke(function: LambdaFunction, *, breaks: bool) -> int:
        result = await function.invoke(json.dumps({"break": breaks}).encode())
        assert not result.error, result.payload
        answer: dict[str, Any] = json.loads(result.payload)
        return int(answer["pid"])

    async def test() -> None:
        function = LambdaFunction(spec, endpoint_url="http://127.0.0.1:9", log=lines.append)
        try:
            healthy = [await invoke(function, breaks=False) for _ in range(2)]
            assert healthy[0] == healthy[1]
            for _ in range(3):
                breaking = await invoke(function, breaks=True)
                replaced = await invoke(function, breaks=False)
                assert replaced != breaking
        finally:
            await function.close()

    asyncio.run(test())
    assert not any("Runtime exited" in line for line in lines)
