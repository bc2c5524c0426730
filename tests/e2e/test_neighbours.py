"""What a run leaves to the runs after and beside it, and to the service that runs it: nothing."""

import json
import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.e2e.client import Execution, LiveCode, poll
from tests.e2e.processes import mentioning
from tests.e2e.stack import EmbeddedStack, stack_folder

_PLACES = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/opt", "/usr/local/bin", "/home", "/root", "/mnt")


@pytest.fixture
def marker() -> str:
    return f"mark{uuid4().hex}"


def test_leaves_no_file_behind(livecode: LiveCode, own_stack: EmbeddedStack | None, marker: str) -> None:
    places = f"(*{_PLACES!r}, '.', '..', os.path.expanduser('~'), os.environ.get('TMPDIR', '.'))"
    writes = f"""
import os
for place in {places}:
    try:
        with open(os.path.join(place, "{marker}"), "w") as file:
            file.write("left")
    except OSError:
        pass
print(os.path.exists("{marker}"))
"""
    looks = f"""
import os
for place in {places}:
    try:
        if "{marker}" in os.listdir(place):
            print("found in", place)
    except OSError:
        pass
print("looked")
"""
    assert livecode.run(writes)["stdout"] == "True\n"
    # Twice, side by side: whichever runner it was, it looks.
    assert [each["stdout"] for each in livecode.run_all([(looks, "python")] * 2)] == ["looked\n"] * 2
    if own_stack is not None:
        assert [place for place in _PLACES if Path(place, marker).exists()] == []


def test_leaves_no_process_behind(livecode: LiveCode, own_stack: EmbeddedStack | None, marker: str) -> None:
    starts_daemon = f"""
import subprocess, sys
later = "import os, time; time.sleep(1); open('/tmp/{marker}', 'w').close(); time.sleep(60)"
for _ in range(3):
    subprocess.Popen([sys.executable, "-c", later, "{marker}"], start_new_session=True,
                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print("started")
"""
    looks = f"""
import os, time
time.sleep(1.2)
wanted = b"{marker}"
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        if int(pid) != os.getpid() and wanted in open(f"/proc/{{pid}}/cmdline", "rb").read():
            print("runs", pid)
    except OSError:
        pass
print(os.path.exists("/tmp/{marker}"))
"""
    assert livecode.run(starts_daemon)["stdout"] == "started\n"
    if own_stack is not None:
        assert {each.command for each in mentioning(marker)} == set()
    assert livecode.run(looks)["stdout"] == "False\n"
    assert not Path("/tmp", marker).exists()


def test_gives_back_the_space_of_a_run(livecode: LiveCode) -> None:
    fills = 'open("big", "wb").write(b"0" * 60_000_000)\nprint("filled")\n'
    assert [each["stdout"] for each in livecode.run_all([(fills, "python")] * 6)] == ["filled\n"] * 6


def test_leaves_no_core_file(livecode: LiveCode) -> None:
    dumps = """
import os
if os.fork() == 0:
    heap = b"x" * 100_000_000
    os.abort()
_, status = os.wait()
print(os.WTERMSIG(status), os.WCOREDUMP(status), os.listdir("."))
"""
    assert livecode.run(dumps)["stdout"] == "6 False ['main.py']\n"


def test_does_not_follow_links_that_a_program_left(stack: EmbeddedStack, marker: str) -> None:
    with stack_folder() as folder:
        (folder / "victim").mkdir(mode=0o755)
        kept = folder / "victim" / "kept"
        kept.write_text("kept")
        kept.chmod(0o640)

        def state() -> list[object]:
            paths = (folder, folder / "victim", kept, Path("/etc/passwd"), Path("/tmp"))
            stats = [path.lstat() for path in paths]
            return [(each.st_mode, each.st_uid, each.st_gid) for each in stats] + [kept.read_text()]

        before = state()
        in_python = f"""
import os
targets = ("/etc/passwd", "{kept}", "{folder}/victim", "/tmp")
for name in os.listdir("."):
    os.unlink(name)
    os.symlink("{kept}", name)
for n, target in enumerate(targets):
    os.symlink(target, f"link{{n}}")
    os.makedirs(f"deep/{{n}}")
    os.symlink(target, f"deep/{{n}}/link")
print("linked")
"""
        in_cpp = f"""
#include <cstdio>
#include <initializer_list>
#include <unistd.h>
int main() {{
    for (const char *name : {{"main", "main.cpp"}}) {{
        unlink(name);
        if (symlink("{kept}", name)) perror(name);
    }}
    puts("linked");
}}
"""
        results = stack.client.run_all([(in_python, "python"), (in_cpp, "c++")])
        assert [(each["stdout"], each["status"]) for each in results] == [("linked\n", "COMPLETED")] * 2
        assert state() == before


def test_does_not_tell_the_secrets_of_the_stack(stack: EmbeddedStack) -> None:
    """The files of the stack itself, which lie where programs could look for them."""
    password = urlsplit(stack.database_url).password
    assert password
    files = [path for path in stack.state.iterdir() if path.is_file() and password in path.read_text(errors="replace")]
    assert files, "no file holds the password: this test looks in the wrong place"
    programs = []
    for path in (*files, Path(f"/proc/{stack.pid}/environ")):
        programs += [
            (f"print(open({str(path)!r}).read())", "python"),
            (f'console.log(require("fs").readFileSync({json.dumps(str(path))}, "utf8"))', "javascript"),
            (f'#include "{path}"\nint main() {{}}\n', "c++"),
            (
                "#include <cstdio>\n"
                f'asm(".section .rodata\\nblob: .incbin \\"{path}\\"\\n.byte 0\\n.text");\n'
                'extern const char blob[] asm("blob");\nint main() { puts(blob); }\n',
                "c++",
            ),
        ]
    for (source, _), execution in zip(programs, stack.client.run_all(programs), strict=True):
        told = execution["stdout"] + execution["stderr"] + execution["compile_output"]
        assert password not in told, source
        assert "AWS_" not in told, source


@pytest.mark.needs("concurrency")
def test_two_runs_at_a_time_do_not_see_each_other(livecode: LiveCode, marker: str) -> None:
    searcher, holder = _side_by_side(
        livecode,
        f"""
import os, time
wanted = "{marker[::-1]}"[::-1].encode()
own = str(os.getpid())
seen = set()
ends = time.monotonic() + 2
while time.monotonic() < ends:
    paths = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if pid != own:
            paths += [f"/proc/{{pid}}/{{name}}" for name in ("environ", "fd/1", "cwd/main.py", "cwd/note")]
    for top in ("/tmp", "/var/tmp", "/dev/shm", ".."):
        for folder, _, names in os.walk(top):
            paths += [os.path.join(folder, name) for name in names]
    for path in paths:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                if wanted in os.read(descriptor, 65536):
                    seen.add(path)
            finally:
                os.close(descriptor)
        except OSError:
            pass
print(sorted(seen))
""",
        f"""
import time
note = "{marker}"
open("note", "w").write(note)
print(note)
time.sleep(2)
""",
    )
    assert searcher["stdout"] == "[]\n"
    assert holder["stdout"] == f"{marker}\n"


@pytest.mark.needs("concurrency")
def test_two_runs_at_a_time_see_each_others_commands_only_without_pid_namespaces(
    livecode: LiveCode, marker: str
) -> None:
    """Without privilege there are none; on Lambda each run has a machine of its own."""
    layers = livecode.http.get("/health/workers").json()["sandbox_layers"]
    searcher, holder = _side_by_side(
        livecode,
        f"""
import os, time
wanted = "{marker[::-1]}"[::-1].encode()
seen = False
ends = time.monotonic() + 1.5
while time.monotonic() < ends:
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            seen |= wanted in open(f"/proc/{{pid}}/cmdline", "rb").read()
        except OSError:
            pass
print(seen)
""",
        f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", "import time; time.sleep(2)", "{marker}"])
print("done")
""",
    )
    assert searcher["stdout"] == f"{not layers['pid_namespace']}\n"
    assert holder["stdout"] == "done\n"


def _side_by_side(livecode: LiveCode, *sources: str) -> list[Execution]:
    """Runs that really overlap in time."""
    ids = [livecode.submit(source) for source in sources]
    first, second = (livecode.wait(execution_id) for execution_id in ids)

    def at(execution: Execution, name: str) -> datetime:
        return datetime.fromisoformat(execution[name])

    assert at(first, "started_at") < at(second, "finished_at")
    assert at(second, "started_at") < at(first, "finished_at")
    return [first, second]


def test_does_not_change_the_next_run(livecode: LiveCode) -> None:
    poisons = """
import os, site
home = os.path.expanduser("~")
packages = site.getusersitepackages()
for path, text in (
    ("/etc/environment", "POISON=1"), ("/etc/profile", "export POISON=1"), ("/etc/ld.so.preload", "/tmp/poison.so"),
    (home + "/.profile", "export POISON=1"), (home + "/.bashrc", "export POISON=1"),
    (home + "/.npmrc", "node-options=--require=/tmp/poison.js"),
    (packages + "/usercustomize.py", "print('poisoned')"), (packages + "/poison.pth", "import os; print('poisoned')"),
    ("/tmp/usercustomize.py", "print('poisoned')"), (home + "/main.py", "print('poisoned')"),
):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "a") as file:
            file.write(text)
    except OSError:
        pass
os.environ.update(PYTHONPATH="/tmp", NODE_OPTIONS="--require=/tmp/poison.js", LD_PRELOAD="/tmp/poison.so")
print("done")
"""
    checks = """
import os, subprocess
names = ("POISON", "NODE_OPTIONS", "LD_PRELOAD")
print([name for name in names if name in os.environ], "/tmp" in os.environ.get("PYTHONPATH", "").split(":"))
print(subprocess.run(["sh", "-lc", "echo ${POISON:-clean}"], capture_output=True, text=True).stdout.strip())
"""
    assert livecode.run(poisons)["stdout"] == "done\n"
    results = livecode.run_all([(checks, "python"), (checks, "python"), ("console.log('clean')", "javascript")])
    assert [each["stdout"] for each in results] == ["[] False\nclean\n", "[] False\nclean\n", "clean\n"]
    assert [each["stderr"] for each in results] == [""] * 3


def test_cannot_write_into_the_log(stack: EmbeddedStack, marker: str) -> None:
    forged = json.dumps({"level": "INFO", "message": "finished", "service": "livecode-runner", "mark": marker})
    execution = stack.client.run(f"""
import os, sys
line = {forged!r} + chr(10)
print(line)
print(line, file=sys.stderr)
for path in ("/proc/1/fd/1", "/proc/1/fd/2", f"/proc/{{os.getppid()}}/fd/1", "/dev/console", "/dev/kmsg", "/dev/log"):
    try:
        with open(path, "w") as file:
            file.write(line)
        print("wrote to", path)
    except OSError:
        pass
""")
    assert execution["status"] == "COMPLETED"
    assert "wrote to" not in execution["stdout"]
    poll(lambda: execution["execution_id"] in stack.logs("RunnerFunction"), what="the run is in the log")
    assert marker not in stack.logs("RunnerFunction")
    assert marker not in stack.output.read_text(errors="replace")


@pytest.mark.needs("processes")
def test_a_runner_goes_on_after_programs_that_attack_it(stack: EmbeddedStack) -> None:
    """None of the programs so far has cost a runner its life without need."""
    before = {each.pid for each in stack.runners()}
    attacks = """
import os, signal, resource
parent = os.getppid()
for attack in (
    lambda: os.kill(parent, signal.SIGKILL),
    lambda: os.kill(-1, signal.SIGKILL),
    lambda: os.killpg(os.getpgid(parent), signal.SIGKILL),
    lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE, (0, 0)),
    lambda: os.setpriority(os.PRIO_PROCESS, parent, 19),
    lambda: open(f"/proc/{parent}/oom_score_adj", "w").write("1000"),
    lambda: open(f"/proc/{parent}/mem", "r+b").close(),
):
    try:
        attack()
    except OSError:
        pass
"""
    results = stack.client.run_all([(attacks, "python")] * 3)
    assert {each["status"] for each in results} <= {"COMPLETED", "FAILED"}
    assert all(each["attempt"] == 1 for each in results)
    assert stack.client.run("print(1)")["stdout"] == "1\n"
    assert before
    assert before <= {each.pid for each in stack.runners()}
    for pid in before:
        assert os.getpriority(os.PRIO_PROCESS, pid) == 0
