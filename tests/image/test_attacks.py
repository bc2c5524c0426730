"""Programs that attack what is around them in the container: the emulator, the runtime, the Runtime API, each other."""

import json
import shutil
import sysconfig
import tempfile
from pathlib import Path

import pytest

from livecode_docker.images import PROJECT
from tests.image.conftest import SECRET, Start
from tests.image.service import Service

# The suite's own copy of what it imports lies in the image: the tests see it where the repository has it.
_PACKAGES = ("functions/runner", "layers/runtimes/python")
_PYTEST = "import sys; sys.path.append('/opt/pytest'); import pytest; sys.exit(pytest.main(sys.argv[1:]))"
_WITHOUT_LANDLOCK = {
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{"names": ["landlock_create_ruleset"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38}],
}

READ_ENVIRONMENTS = """
import glob, os
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        if path.split("/")[2] != str(os.getpid()): print(path, open(path, "rb").read())
    except OSError: pass
print("end")
"""
FORGE = {
    "python": """
import http.client
for path in ("/2018-06-01/runtime/invocation/next", "/2018-06-01/runtime/invocation/{request}/response"):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", {port}, timeout=3)
        connection.request("POST" if path.endswith("response") else "GET", path, "forged")
        print("answered", connection.getresponse().read())
    except OSError as error:
        print(type(error).__name__)
""",
    "javascript": """
for (const path of ["next", "{request}/response"]) {{
    try {{
        const method = path === "next" ? "GET" : "POST", body = path === "next" ? undefined : "forged";
        const url = "http://127.0.0.1:{port}/2018-06-01/runtime/invocation/" + path;
        console.log("answered", await (await fetch(url, {{ method, body }})).text());
    }} catch (error) {{ console.log("PermissionError", error.cause?.code); }}
}}
""",
    "c++": """
#include <cstdio>
#include <netinet/in.h>
#include <sys/socket.h>
int main() {{
    for (int again = 0; again < 2; again++) {{
        int client = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{{AF_INET, htons({port}), {{htonl(INADDR_LOOPBACK)}}, {{}}}};
        bool connected = client >= 0 && connect(client, (sockaddr *)&address, sizeof address) == 0;
        std::puts(connected ? "answered" : "PermissionError");
    }}
}}
""",
}


def test_nothing_reads_an_environment(service: Service) -> None:
    # What is to be found is there: whoever has the runtime's uid and no sandbox reads it.
    assert SECRET in service.container.execute("cat", "/proc/1/environ")
    assert service.run("python", READ_ENVIRONMENTS).stdout == "end\n"


@pytest.mark.parametrize("language", FORGE)
def test_nothing_forges_an_answer(service: Service, language: str) -> None:
    container = service.container
    ask = f"import socket; socket.create_connection(('127.0.0.1', {container.runtime_api_port}))"
    container.execute("/usr/bin/python3", "-c", ask)  # without the sandbox it can be reached
    request = service.container.steps("claimed")[-1]["function_request_id"]
    outcome = service.run(language, FORGE[language].format(port=container.runtime_api_port, request=request))
    printed = [line.split()[0] for line in outcome.stdout.splitlines()]
    assert printed == ["PermissionError"] * 2, outcome


@pytest.fixture(scope="session")
def without_landlock(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Docker's options for a kernel without Landlock."""
    profile = tmp_path_factory.mktemp("seccomp") / "without_landlock.json"
    profile.write_text(json.dumps(_WITHOUT_LANDLOCK))
    return [f"--security-opt=seccomp={profile}"]


def test_says_what_it_lacks_on_a_kernel_without_landlock(start: Start, without_landlock: list[str]) -> None:
    service = start(options=without_landlock)
    assert service.run("python", "open('/tmp/left', 'w').write('x')\nprint(1)").stdout == "1\n"
    assert "/tmp/left" not in service.container.files()
    (sandbox,) = service.container.steps("sandbox")
    assert sandbox["level"] == "INFO"
    assert set(sandbox["layers"]) == {"launcher", "seccomp", "dumpable", "subreaper", "clean_folders"}


def test_runs_nothing_where_the_emulator_can_be_read_and_must_not(start: Start, without_landlock: list[str]) -> None:
    required = "launcher,seccomp,dumpable,private_environments"
    service = start(options=without_landlock, SANDBOX_REQUIRED=required)
    execution_id = service.enqueue("python", "print(1)")
    record = service.receive()
    answer = service.container.invoke({"Records": [record]}).payload
    assert answer == {"batchItemFailures": [{"itemIdentifier": record["messageId"]}]}
    assert service.events(execution_id) == ["queued", "claimed", "retried"]


@pytest.fixture
def project(tmp_path: Path) -> dict[Path, str]:
    """What the container needs beside the image to run tests/sandbox: mounts."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    shutil.copyfile(PROJECT / "pyproject.toml", folder / "pyproject.toml")
    for package in _PACKAGES:
        (folder / package).parent.mkdir(parents=True, exist_ok=True)
        (folder / package).symlink_to("/var/task")
    above = [path for path in tmp_path.parents if Path(tempfile.gettempdir()) in path.parents]
    for path in (tmp_path, *above, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
    return {
        folder: "/project",
        PROJECT / "tests": "/project/tests",
        Path(sysconfig.get_path("purelib")): "/opt/pytest",
    }


def test_the_whole_attack_suite(start: Start, project: dict[Path, str], figures: list[str]) -> None:
    service = start(mounts=project)
    container = service.container
    service.run("python", "print(1)")
    processes = container.processes()
    arguments = ["-p", "no:cacheprovider", "-q", "--tb=short", "--rootdir=/project", "-c", "/project/pyproject.toml"]
    printed = container.execute(
        "/opt/livecode/bin/python", "-c", _PYTEST, *arguments, "/project/tests/sandbox/attacks", check=False
    )
    figures.append(f"attacks in the container: {printed.strip().splitlines()[-1]}")
    assert " failed" not in printed.splitlines()[-1], printed[-20000:]
    assert " passed" in printed.splitlines()[-1], printed[-20000:]
    assert container.processes() == processes  # the emulator and the runtime among them, which were attacked too
    assert service.run("python", "print(2)").stdout == "2\n"
