"""One execution environment: AWS's runtime client against our Runtime API."""

import asyncio
import json
import os
from pathlib import Path

import pytest

from livecode_embedded.environment import EnvironmentFailed
from livecode_embedded.runtime_api import MAXIMUM_RESPONSE_BYTES

from .conftest import eventually, run


def test_runs_events_one_after_another_in_one_process(environment_of):
    environment, lines = environment_of(
        "import os\n\ndef handler(event, context):\n"
        "    print('seen', event['n'])\n"
        "    return [os.getpid(), context.aws_request_id, context.invoked_function_arn]\n"
    )

    async def test():
        await environment.start()
        answers = []
        for number in range(3):
            result = await environment.invoke(json.dumps({"n": number}).encode())
            assert not result.error
            pid, request_id, arn = json.loads(result.payload)
            assert request_id == result.request_id
            assert arn.endswith(":Program")
            answers.append(pid)
            await environment.becomes_ready()
        assert set(answers) == {environment.pid}
        await environment.close()

    run(test())
    assert [line.split(":")[0] for line in lines[:4]] == [
        "START RequestId",
        "seen 0",
        "END RequestId",
        "REPORT RequestId",
    ]
    assert "Init Duration" in lines[3]
    assert "Init Duration" not in lines[7]


def test_ends_what_runs_too_long_with_all_it_started(environment_of, tmp_path):
    environment, lines = environment_of(
        "import subprocess, time\n\ndef handler(event, context):\n"
        "    child = subprocess.Popen(['sleep', '300'], start_new_session=True)\n"
        "    open(event['file'], 'w').write(str(child.pid))\n"
        "    time.sleep(300)\n",
        timeout_seconds=1,
    )
    pid_file = tmp_path / "pid"

    async def test():
        await environment.start()
        result = await environment.invoke(json.dumps({"file": str(pid_file)}).encode())
        assert result.error
        assert json.loads(result.payload)["errorType"] == "Sandbox.Timedout"
        assert json.loads(result.payload)["errorMessage"].endswith("Task timed out after 1.00 seconds")
        assert not environment.usable
        await environment.close()
        await eventually(lambda: not alive(int(pid_file.read_text())))

    run(test())
    assert any("Task timed out after 1.00 seconds" in line for line in lines)


def alive(pid: int) -> bool:
    """Whether the process runs; one that is dead and not yet reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("how", "words"),
    [
        pytest.param("os._exit(3)", "exit status 3", id="exits"),
        pytest.param("os.kill(os.getpid(), 9)", "signal: killed", id="is killed"),
    ],
)
def test_reports_a_runtime_that_ends_during_an_event(environment_of, how, words):
    environment, _ = environment_of(f"import os\n\ndef handler(event, context):\n    {how}\n")

    async def test():
        await environment.start()
        result = await environment.invoke(b"{}")
        assert result.error
        error = json.loads(result.payload)
        assert error["errorType"] == "Runtime.ExitError"
        assert words in error["errorMessage"]
        assert not environment.usable
        await environment.close()

    run(test())


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        pytest.param("import no_such_module\n", "Runtime.ImportModuleError", id="import"),
        pytest.param("def other(event, context): ...\n", "Runtime.HandlerNotFound", id="no handler"),
        pytest.param("def handler(:\n", "Runtime.UserCodeSyntaxError", id="syntax"),
        pytest.param("import os\nos._exit(5)\n", "Runtime.ExitError", id="exit"),
    ],
)
def test_reports_a_runtime_that_does_not_start(environment_of, source, kind):
    environment, _ = environment_of(source)

    async def test():
        with pytest.raises(EnvironmentFailed) as failure:
            await environment.start()
        assert json.loads(failure.value.payload)["errorType"] == kind
        await environment.close()

    run(test())


def test_refuses_an_answer_over_lambdas_limit_and_goes_on(environment_of):
    environment, _ = environment_of("def handler(event, context):\n    return 'x' * event\n")

    async def test():
        await environment.start()
        result = await environment.invoke(json.dumps(MAXIMUM_RESPONSE_BYTES + 1).encode())
        assert result.error
        assert json.loads(result.payload)["errorType"] == "Function.ResponseSizeTooLarge"
        await environment.close()

    run(test())


def test_hands_a_large_event_over(environment_of):
    environment, _ = environment_of("def handler(event, context):\n    return len(event)\n")

    async def test():
        await environment.start()
        result = await environment.invoke(json.dumps("y" * 3_000_000).encode())
        assert json.loads(result.payload) == 3_000_000
        await environment.close()

    run(test())


def test_an_idle_process_ends_when_its_runtime_api_goes(environment_of):
    environment, _ = environment_of("def handler(event, context): ...\n")

    async def test():
        await environment.start()
        pid = environment.pid
        await environment.close()
        assert not Path(f"/proc/{pid}").exists()
        assert not await asyncio.to_thread(os.path.exists, f"/proc/{pid}")

    run(test())
