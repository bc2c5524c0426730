"""Functions over Lambda's Invoke, their logs, and the reload of edited code."""

import asyncio
import json

import aiohttp
import pytest

from livecode_embedded.functions import LambdaFunction
from livecode_embedded.specs import FunctionSpec

from .conftest import PROJECT, eventually, run, running_stack


async def invoke(stack, name, payload, **settings):
    answer = await stack.call("lambda", "invoke", FunctionName=name, Payload=json.dumps(payload).encode(), **settings)
    return answer, json.loads(await asyncio.to_thread(answer["Payload"].read) or b"null")


def test_boto3_invokes_functions_by_logical_id(state):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            answer, payload = await invoke(stack, "WorkerFunction", {"hello": "é"})
            assert (answer["StatusCode"], payload) == (200, {"hello": "é"})
            assert "FunctionError" not in answer

    run(test())


def test_boto3_sees_errors_of_functions_and_of_its_own(state):
    async def test():
        async with running_stack(PROJECT, state) as stack:
            client = stack.client("lambda")
            answer, payload = await invoke(stack, "WorkerFunction", {"Records": [{"body": "no JSON"}]})
            assert answer["FunctionError"] == "Unhandled"
            assert payload["errorType"] == "JSONDecodeError"
            try:
                await invoke(stack, "NoFunction", {})
            except client.exceptions.ResourceNotFoundException:
                pass
            else:
                raise AssertionError("a function that is not there was invoked")
            finally:
                client.close()

    run(test())


def test_asynchronous_invocations_run_after_the_answer(state, tmp_path):
    jobs = tmp_path / "jobs"

    async def test():
        async with running_stack(PROJECT, state) as stack:
            record = {"messageId": "1", "body": json.dumps({"file": str(jobs)})}
            answer, _ = await invoke(stack, "WorkerFunction", {"Records": [record]}, InvocationType="Event")
            assert answer["StatusCode"] == 202
            await eventually(jobs.exists)

    run(test())


def test_parameters_reach_the_functions(state):
    async def test():
        async with running_stack(PROJECT, state, Greeting="hello", StageName="dev") as stack:
            async with aiohttp.ClientSession() as http, http.get(stack.url + "/dev/things/1") as response:
                answer = await response.json()
            assert answer["environment"]["GREETING"] == "hello"
            assert answer["event"]["requestContext"]["stage"] == "dev"

    run(test())


def test_concurrent_requests_share_a_bounded_number_of_environments(state):
    async def test():
        async with running_stack(PROJECT, state) as stack, aiohttp.ClientSession() as http:

            async def pid():
                request = {"act": "sleep", "seconds": 0.1}
                async with http.post(stack.url + "/echo", json=request) as response:
                    return (await response.json())["pid"]

            pids: set[int] = set()
            async with asyncio.timeout(60):  # the first may answer them all before the second has started
                while len(pids) < 2:
                    pids |= set(await asyncio.gather(*(pid() for _ in range(8))))
            running = stack.description["pids"]["functions"]["EchoFunction"]
            assert len(pids) <= len(running) == stack.stack.functions["EchoFunction"].concurrency

    run(test())


def test_edited_code_runs_in_the_next_environment(project, state):
    async def test():
        async with running_stack(project, state) as stack, aiohttp.ClientSession() as http:

            async def version():
                async with http.get(stack.url + "/") as response:
                    return (await response.json())["version"]

            assert await version() == 1
            source = project / "functions" / "echo" / "echo.py"
            source.write_text(source.read_text().replace("VERSION = 1", "VERSION = 2"))

            async def changed():
                return await version() == 2

            await eventually(changed)

    run(test())


def test_logs_are_kept_as_cloudwatch_shows_them_and_shown_in_short(state, capsys):
    async def test():
        async with (
            running_stack(PROJECT, state) as stack,
            aiohttp.ClientSession() as http,
            http.post(stack.url + "/echo", json={"act": "log"}) as response,
        ):
            await response.read()

    run(test())
    lines = (state / "logs" / "EchoFunction.log").read_text().splitlines()
    assert lines[0].startswith("START RequestId: ")
    assert json.loads(lines[1])["message"] == "a word"
    assert lines[2] == "a plain line"
    assert lines[3].startswith("END RequestId: ")
    assert lines[4].startswith("REPORT RequestId: ")
    shown = capsys.readouterr().out
    assert "EchoFunction     a word" in shown
    assert "a plain line" in shown
    assert "REPORT" not in shown
    assert "POST /echo 200" in shown


@pytest.fixture
def function_in(tmp_path):
    """Builds a function whose code is in a folder that need not be there, and the list of what it logs."""

    def build(code_root, **settings):
        lines: list[str] = []
        spec = FunctionSpec(
            name="Program",
            handler="program.handler",
            code_root=code_root,
            layers=(),
            runtime="python3.13",
            timeout_seconds=5,
            memory_mb=128,
            reserved_concurrency=2,
            log_format="JSON",
            log_level=None,
            log_group="/aws/lambda/Program",
            variables={},
        )
        return LambdaFunction(spec, endpoint_url="http://127.0.0.1:9", log=lines.append, **settings), lines

    return build


def make_code(folder, source="def handler(event, context):\n    return 'done'\n"):
    folder.mkdir()
    (folder / "program.py").write_text(source)


def test_a_start_that_the_machine_refuses_is_tried_again(function_in, tmp_path):
    """Popen raises OSError for a folder that is missing, as it does where descriptors or processes are."""
    function, lines = function_in(tmp_path / "code", retry_seconds=0.05)

    async def test():
        invocations = [asyncio.ensure_future(function.invoke(b"{}")) for _ in range(5)]
        await eventually(lambda: lines)
        assert not any(each.done() for each in invocations)
        make_code(tmp_path / "code")
        results = await asyncio.wait_for(asyncio.gather(*invocations), 20)
        assert [result.payload for result in results] == [b'"done"'] * 5
        await function.close()

    run(test())
    assert sum("cannot be started" in line for line in lines) == 1


def test_a_start_that_the_machine_refuses_for_long_fails_and_wedges_nothing(function_in, tmp_path):
    function, _ = function_in(tmp_path / "code", retry_seconds=0.001)

    async def test():
        async with asyncio.timeout(20):
            results = await asyncio.gather(*(function.invoke(b"{}") for _ in range(5)))
        assert {json.loads(result.payload)["errorType"] for result in results} == {"Sandbox.Failure"}
        assert function.pids == []
        make_code(tmp_path / "code")
        assert (await function.invoke(b"{}")).payload == b'"done"'
        await function.close()

    run(test())


def test_code_that_does_not_start_fails_each_invocation_that_waits(function_in, tmp_path):
    make_code(tmp_path / "code", "import no_such_module\n")
    function, _ = function_in(tmp_path / "code")

    async def test():
        async with asyncio.timeout(30):
            results = await asyncio.gather(*(function.invoke(b"{}") for _ in range(5)))
        assert {json.loads(result.payload)["errorType"] for result in results} == {"Runtime.ImportModuleError"}
        await function.close()

    run(test())
