"""Real events of a real queue go in, and the right rows come out, in every language and for every end."""

import pytest
from sqlalchemy import Engine

from livecode.db.runtimes import PostgresRuntimes
from livecode.domain import Reason, Status
from livecode.languages import LANGUAGES
from tests.image.service import Service
from tests.sandbox.attacks.observer import landlock_abi


@pytest.mark.parametrize("language", LANGUAGES)
def test_runs_each_language(service: Service, language: str) -> None:
    outcome = service.run(language, LANGUAGES[language].echo_source)
    assert (outcome.status, outcome.stdout) == (Status.COMPLETED, f"hello from {language}\n")
    assert outcome.exit_code == 0


USUAL = {
    "python": """
import ctypes, json, sqlite3, ssl, subprocess, tempfile, threading, zoneinfo
results = []
thread = threading.Thread(target=lambda: results.append(subprocess.run(["echo", "5"], capture_output=True).stdout))
thread.start(); thread.join()
with tempfile.TemporaryFile() as file:
    file.write(results[0])
print(sqlite3.connect(":memory:").execute("select 40 + 2").fetchone()[0])
""",
    "javascript": """
import { Worker } from 'node:worker_threads';
const worker = new Worker("require('node:worker_threads').parentPort.postMessage(42)", { eval: true });
worker.on('message', value => console.log(value));
""",
    "c++": """
#include <bits/stdc++.h>
int main() {
    int value = 0;
    std::thread thread([&] { value = 42; });
    thread.join();
    std::cout << std::format("{}\\n", value);
}
""",
}


@pytest.mark.parametrize("language", USUAL)
def test_runs_what_programs_usually_need(service: Service, language: str) -> None:
    outcome = service.run(language, USUAL[language])
    assert (outcome.status, outcome.stdout, outcome.stderr) == (Status.COMPLETED, "42\n", "")


TEMPORARY_FILES_AND_USERS = {
    "python": """
import getpass, os, pwd
print(getpass.getuser() == pwd.getpwuid(os.getuid()).pw_name, os.path.isdir(pwd.getpwuid(os.getuid()).pw_dir))
open('/tmp/x', 'w').write('x')
""",
    "javascript": """
import os from 'node:os'; import fs from 'node:fs';
fs.writeFileSync('/tmp/x', 'x');
console.log(os.userInfo().username === process.env.USER ? 'True' : '', fs.existsSync('/tmp/x') ? 'True' : '');
""",
    "c++": """
#include <cstdio>
#include <pwd.h>
#include <unistd.h>
int main() { std::puts(std::tmpfile() && getpwuid(getuid())->pw_uid == getuid() ? "True True" : ""); }
""",
}


@pytest.mark.parametrize("language", TEMPORARY_FILES_AND_USERS)
def test_has_temporary_folders_and_a_user(service: Service, language: str) -> None:
    outcome = service.run(language, TEMPORARY_FILES_AND_USERS[language])
    assert (outcome.stdout, outcome.stderr) == ("True True\n", "")
    assert "/tmp/x" not in service.container.files()


@pytest.mark.parametrize(
    ("language", "source", "status", "reason"),
    [
        pytest.param("python", "1 / 0", Status.FAILED, Reason.RUNTIME_ERROR, id="python raises"),
        pytest.param(
            "javascript", "process.exit(3)", Status.FAILED, Reason.RUNTIME_ERROR, id="javascript exits with 3"
        ),
        pytest.param(
            "c++", "int main() { __builtin_trap(); }", Status.FAILED, Reason.RUNTIME_ERROR, id="c++ is killed by a trap"
        ),
        pytest.param("c++", "int main() { oops }", Status.FAILED, Reason.COMPILATION_ERROR, id="does not compile"),
        pytest.param(
            "python",
            "print('so far', flush=True)\nwhile True: pass",
            Status.TIMEOUT,
            Reason.TIME_LIMIT_EXCEEDED,
            id="never ends",
        ),
        pytest.param(
            "python",
            "kept = []\nwhile True: kept.append(bytearray(10**7))",
            Status.FAILED,
            Reason.MEMORY_LIMIT_EXCEEDED,
            id="python takes all memory",
        ),
        pytest.param(
            "javascript",
            "const kept = []; while (true) kept.push(Buffer.alloc(10 ** 7, 1));",
            Status.FAILED,
            Reason.MEMORY_LIMIT_EXCEEDED,
            id="javascript takes all memory",
        ),
        pytest.param(
            "python",
            "while True: print('x' * 100000)",
            Status.FAILED,
            Reason.OUTPUT_LIMIT_EXCEEDED,
            id="prints without end",
        ),
    ],
)
def test_says_how_a_program_ended(service: Service, language: str, source: str, status: Status, reason: Reason) -> None:
    outcome = service.run(language, source)
    assert (outcome.status, outcome.reason) == (status, reason)
    if status is Status.TIMEOUT:
        assert outcome.stdout == "so far\n"
        assert outcome.stderr.endswith("Execution exceeded 8 second timeout\n")


def test_reports_what_the_image_has(service: Service, engine: Engine, figures: list[str]) -> None:
    runtimes = PostgresRuntimes(engine)
    versions, layers = runtimes.versions(), runtimes.sandbox()
    figures.append("versions: " + ", ".join(f"{name} {version}" for name, version in sorted(versions.items())))
    figures.append("layers on: " + ", ".join(sorted(name for name, is_on in layers.items() if is_on)))
    assert set(versions) == set(LANGUAGES)
    assert versions["python"].startswith("3.13.")
    assert versions["javascript"].startswith("24.")
    assert versions["c++"].startswith("14.")
    assert {"launcher", "seccomp", "dumpable", "subreaper"} <= {name for name, is_on in layers.items() if is_on}
    assert layers["landlock"] == (landlock_abi() > 0)
    assert not layers["separate_uid"]


def test_gives_a_message_back_whose_execution_it_cannot_claim(service: Service) -> None:
    execution_id = service.enqueue("python", "print(1)")
    record = service.receive()
    assert service.container.invoke({"Records": [record]}).payload == {"batchItemFailures": []}
    # The same message once more, as SQS may deliver it: nothing runs twice.
    assert service.container.invoke({"Records": [record]}).payload == {"batchItemFailures": []}
    assert service.execution(execution_id).attempt == 1
    assert service.events(execution_id) == ["queued", "claimed", "finished"]
