"""Functions over Lambda's Invoke, their logs, and the reload of edited code."""

import asyncio
import json

import aiohttp

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
