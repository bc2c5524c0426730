"""What ordinary programs use works behind every layer."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from livecode.domain import Status
from tests.sandbox.conftest import IS_ROOT, RunnerProcess

PYTHON = {
    "threads": "import threading\nt = threading.Thread(target=print, args=('ok',)); t.start(); t.join()",
    "thread pool": "from concurrent.futures import ThreadPoolExecutor as P\nprint(['ok'][sum(P(4).map(int, '0000'))])",
    "process with a pipe": "import multiprocessing as m\ndef f(c): c.send('ok')\na, b = m.Pipe()\np = m.get_context('fork').Process(target=f, args=(b,)); p.start(); print(a.recv()); p.join()",
    "spawned process": "import multiprocessing as m\ndef f(c): c.send('ok')\nif __name__ == '__main__':\n    a, b = m.Pipe()\n    p = m.get_context('spawn').Process(target=f, args=(b,)); p.start(); print(a.recv()); p.join()",
    "subprocess": "import subprocess\nprint(subprocess.run(['echo', 'ok'], capture_output=True, text=True).stdout, end='')",
    "python in python": "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'print(\"ok\")'])",
    "asyncio": "import asyncio\nasync def f(): await asyncio.sleep(0.01); return 'ok'\nprint(asyncio.run(f()))",
    "asyncio subprocess": "import asyncio\nasync def f():\n    p = await asyncio.create_subprocess_exec('echo', 'ok'); await p.wait()\nasyncio.run(f())",
    "sqlite3": "import sqlite3\nc = sqlite3.connect('x.db'); c.execute('create table t (v)'); c.execute(\"insert into t values ('ok')\"); c.commit()\nprint(*c.execute('select v from t').fetchone())",
    "tempfile": "import tempfile\nf = tempfile.NamedTemporaryFile(); f.write(b'x'); d = tempfile.TemporaryDirectory(); print('ok')",
    "ctypes": "import ctypes\nprint('ok' if ctypes.CDLL(None).getpid() > 0 else '')",
    "files": "open('data.txt', 'w').write('ok')\nprint(open('data.txt').read())",
    "import of a neighbour": "open('other.py', 'w').write('x = \"ok\"')\nimport other\nprint(other.x)",
    "socketpair": "import socket\na, b = socket.socketpair(); a.send(b'ok'); print(b.recv(2).decode())",
    "mmap": "import mmap\nm = mmap.mmap(-1, 4096); m[:2] = b'ok'; print(m[:2].decode())",
    "signal": "import signal, time\nsignal.signal(signal.SIGALRM, lambda *_: print('ok')); signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.1)",
    "recursion": "import sys\nsys.setrecursionlimit(20000)\nf = lambda n: n and f(n - 1)\nf(15000); print('ok')",
    "time zones": "import datetime, zoneinfo\nprint('ok' if datetime.datetime.now(zoneinfo.ZoneInfo('UTC')) else '')",
    "random": "import random, secrets, uuid\nrandom.random(); secrets.token_bytes(); uuid.uuid4(); print('ok')",
    "faulthandler": "import faulthandler; faulthandler.enable(); print('ok')",
    "resource": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); print('ok')",
    "cpu count": "import os\nos.sched_getaffinity(0); os.sched_setaffinity(0, os.sched_getaffinity(0)); print('ok' if os.cpu_count() else '')",
}
JAVASCRIPT = {
    "require": "const fs = require('fs'); fs.writeFileSync('x', 'ok'); console.log(fs.readFileSync('x', 'utf8'));",
    "import and top-level await": "import fs from 'fs'; console.log(await Promise.resolve('ok'));",
    "promises": "setTimeout(() => Promise.resolve('ok').then(console.log), 5);",
    "worker": "const { Worker, isMainThread } = require('worker_threads'); if (isMainThread) new Worker(__filename); else console.log('ok');",
    "child process": "process.stdout.write(require('child_process').execFileSync('echo', ['ok']));",
    "fork": "const c = require('child_process'); if (process.send) process.send('ok'); else c.fork(__filename).on('message', m => { console.log(m); });",
    "async files": "require('fs').promises.readFile(__filename).then(() => console.log('ok'));",
    "WebAssembly": "new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); console.log('ok');",
    "crypto": "require('crypto').randomBytes(8); console.log('ok');",
    "crypto in the pool": "require('crypto').pbkdf2('a', 'b', 10, 8, 'sha256', () => console.log('ok'));",
    "zlib": "console.log(require('zlib').gunzipSync(require('zlib').gzipSync('ok')).toString());",
    "shebang, byte order mark, CRLF": "#!/usr/bin/env node\r\nconsole.log('ok');\r\n",
    "stdin": "process.stdin.on('data', () => {}).on('end', () => console.log('ok'));",
    "streams": "require('fs').createReadStream(__filename).on('end', () => console.log('ok')).resume();",
    "timers": "const t = setInterval(() => { console.log('ok'); clearInterval(t); }, 1);",
    "os": "require('os').cpus(); require('os').tmpdir(); console.log('ok');",
}


@pytest.mark.parametrize("name", PYTHON)
def test_python(run_python, name):
    outcome = run_python(PYTHON[name])
    assert (outcome.stdout, outcome.stderr, outcome.status) == ("ok\n", "", Status.COMPLETED)


@pytest.mark.parametrize("name", JAVASCRIPT)
def test_javascript(run_javascript, name):
    outcome = run_javascript(JAVASCRIPT[name])
    assert (outcome.stdout, outcome.stderr, outcome.status) == ("ok\n", "", Status.COMPLETED)


def test_multiprocessing_locks_need_shared_memory(run_python, runner):
    """glibc keeps semaphores in /dev/shm, which programs may only write to where we can clean it up."""
    source_code = "from multiprocessing import get_context\nif __name__ == '__main__':\n    with get_context('fork').Pool(2) as p: print(p.map(abs, [-1]))"
    outcome = run_python(source_code)
    if runner.mode == "shared_uid" and runner.layers["landlock"] and not IS_ROOT:  # others of our uid may be there
        assert outcome.stdout == "[1]\n" or "PermissionError" in outcome.stderr
    else:
        assert outcome.stdout == "[1]\n"


@pytest.mark.skipif(not IS_ROOT, reason="takes a uid that nobody has")
def test_closes_temporary_folders_while_others_of_its_uid_may_use_them(built_sandbox, toolchain_path):
    """Where only Landlock keeps two runners of one uid apart. Both see it, also the one that was there first."""
    mark = f"livecode-test-{os.getpid()}"
    source_code = f"for folder in ('/tmp', '/var/tmp'): open(f'{{folder}}/{mark}', 'w').close()\nprint('written')"
    with tempfile.TemporaryDirectory(prefix="livecode-runs-") as root:
        Path(root).chmod(0o777)
        first = RunnerProcess("shared_uid", toolchain_path, 64090, root)
        if not first.layers["landlock"]:
            first.stop()
            pytest.skip("the kernel has no Landlock")
        assert first.run("python", source_code).stdout == "written\n"
        second = RunnerProcess("shared_uid", toolchain_path, 64090, root)
        for runner in (first, second):
            assert (
                f"PermissionError: [Errno 13] Permission denied: '/tmp/{mark}'"
                in runner.run("python", source_code).stderr
            )
        second.stop()
        assert first.run("python", source_code).stdout == "written\n"
        first.stop()


GXX_WITHOUT_ATOMICS = """#!/bin/sh
case "$*" in
-print-file-name=*) echo "${1#*=}";;
*-latomic*) echo "cannot find -latomic"; exit 1;;
*) exec /usr/bin/g++ "$@";;
esac
"""


def test_compiles_where_an_optional_library_is_missing(built_sandbox):
    root, tools = tempfile.mkdtemp(prefix="livecode-runs-"), Path(tempfile.mkdtemp(prefix="livecode-tools-"))
    Path(root).chmod(0o777)
    tools.chmod(0o755)
    (tools / "g++").write_text(GXX_WITHOUT_ATOMICS)
    (tools / "g++").chmod(0o755)
    runner = RunnerProcess("shared_uid", f"{tools}:/usr/bin:/bin", 64091 if IS_ROOT else None, root)
    try:
        for text in ("one", "two"):
            source_code = f'#include <cstdio>\nint main() {{ std::puts("{text}"); }}'
            outcome = runner.run("c++", source_code)
            assert (outcome.compile_output, outcome.stdout) == ("", f"{text}\n")
    finally:
        runner.stop()
        shutil.rmtree(root)
        shutil.rmtree(tools)
