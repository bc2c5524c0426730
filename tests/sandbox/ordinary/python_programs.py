"""Ordinary programs in Python, and what each prints."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

PROGRAMS: dict[str, tuple[str, str]] = {
    "lock and condition": (
        "import threading\nc = threading.Condition(); a = []\ndef f():\n    with c: a.append(1); c.notify()\nwith c:\n    threading.Thread(target=f).start()\n    c.wait_for(lambda: a)\nprint(a)",
        "[1]\n",
    ),
    "thread-local data": (
        "import threading\nl = threading.local(); l.x = 1\nt = threading.Thread(target=lambda: print(hasattr(l, 'x'))); t.start(); t.join()",
        "False\n",
    ),
    "queue between threads": (
        "import queue, threading\nq = queue.Queue()\nt = threading.Thread(target=lambda: [q.put(n) for n in range(3)]); t.start()\nprint([q.get() for _ in range(3)])",
        "[0, 1, 2]\n",
    ),
    "daemon thread at the end": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nprint('end')",
        "end\n",
    ),
    "timer": ("import threading\nt = threading.Timer(0.001, print, ['tick']); t.start(); t.join()", "tick\n"),
    "fork and wait": (
        "import os\nif (pid := os.fork()) == 0: os._exit(7)\nprint(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))",
        "7\n",
    ),
    "pipe between processes": (
        "import os\nr, w = os.pipe()\nif os.fork() == 0: os.write(w, b'hello'); os._exit(0)\nos.wait(); print(os.read(r, 10))",
        "b'hello'\n",
    ),
    "exec": (
        "import os, sys\nos.execv(sys.executable, [sys.executable, '-c', 'print(1 + 1)'])",
        "2\n",
    ),
    "spawned process with a pipe": (
        "import multiprocessing as m\ndef f(c): c.send(6 * 7)\nif __name__ == '__main__':\n    a, b = m.Pipe()\n    p = m.get_context('spawn').Process(target=f, args=(b,)); p.start(); print(a.recv()); p.join(); print(p.exitcode)",
        "42\n0\n",
    ),
    "two processes with a pipe": (
        "import multiprocessing as m\ndef f(c): c.send([x * x for x in c.recv()])\na, b = m.Pipe()\np = m.get_context('fork').Process(target=f, args=(b,)); p.start(); a.send([1, 2, 3]); print(a.recv()); p.join()",
        "[1, 4, 9]\n",
    ),
    "memory shared by processes": (
        "import mmap, os\nm = mmap.mmap(-1, 4096)\nif os.fork() == 0: m[0] = 5; os._exit(0)\nos.wait(); print(m[0])",
        "5\n",
    ),
    "pipeline of commands": (
        "import subprocess as s\na = s.Popen(['printf', 'b\\\\na\\\\n'], stdout=s.PIPE)\nb = s.run(['sort'], stdin=a.stdout, capture_output=True, text=True)\na.stdout.close(); a.wait(); print(b.stdout.split())",
        "['a', 'b']\n",
    ),
    "shell": (
        "import os, subprocess\nprint(subprocess.getoutput('echo $((6 * 7))'), os.system('exit 3') >> 8)",
        "42 3\n",
    ),
    "subprocess with a timeout": (
        "import subprocess\ntry: subprocess.run(['sleep', '60'], timeout=0.01)\nexcept subprocess.TimeoutExpired: print('expired')",
        "expired\n",
    ),
    "input to a subprocess": (
        "import subprocess\nprint(subprocess.run(['tr', 'a-z', 'A-Z'], input='hello', capture_output=True, text=True).stdout)",
        "HELLO\n",
    ),
    "asyncio gather": (
        "import asyncio\nasync def f(n): await asyncio.sleep(0); return n\nasync def main(): print(await asyncio.gather(*map(f, range(3))))\nasyncio.run(main())",
        "[0, 1, 2]\n",
    ),
    "asyncio in threads": (
        "import asyncio\nasync def main(): print(await asyncio.to_thread(sum, [1, 2]))\nasyncio.run(main())",
        "3\n",
    ),
    "asyncio subprocess with output": (
        "import asyncio\nasync def main():\n    p = await asyncio.create_subprocess_exec('echo', 'hi', stdout=asyncio.subprocess.PIPE)\n    print((await p.communicate())[0])\nasyncio.run(main())",
        "b'hi\\n'\n",
    ),
    "asyncio timeout and cancel": (
        "import asyncio\nasync def main():\n    try: await asyncio.wait_for(asyncio.sleep(60), 0.001)\n    except asyncio.TimeoutError: print('late')\nasyncio.run(main())",
        "late\n",
    ),
    "asyncio signal handler": (
        "import asyncio, os, signal\nasync def main():\n    e = asyncio.Event(); asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, e.set)\n    os.kill(os.getpid(), signal.SIGUSR1); await e.wait(); print('got it')\nasyncio.run(main())",
        "got it\n",
    ),
    "sqlite3 in memory": (
        "import sqlite3\nc = sqlite3.connect(':memory:'); c.execute('create table t (a, b)'); c.executemany('insert into t values (?, ?)', [(1, 2), (3, 4)])\nprint(c.execute('select sum(a * b) from t').fetchone())",
        "(14,)\n",
    ),
    "sqlite3 write-ahead log": (
        "import sqlite3\nc = sqlite3.connect('x.db'); print(c.execute('pragma journal_mode=wal').fetchone()[0]); c.execute('create table t (a)'); c.commit(); print(len(sqlite3.connect('x.db').execute('select * from t').fetchall()))",
        "wal\n0\n",
    ),
    "tempfile": (
        "import os, tempfile\nwith tempfile.TemporaryDirectory() as d:\n    with tempfile.NamedTemporaryFile('w+', dir=d) as f: f.write('x'); f.flush(); print(os.path.getsize(f.name))\nprint(os.path.exists(d))",
        "1\nFalse\n",
    ),
    "file without a name": (
        "import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'abc'); f.seek(1); print(f.read())",
        "b'bc'\n",
    ),
    "pathlib": (
        "from pathlib import Path\nPath('a/b').mkdir(parents=True); Path('a/b/c.txt').write_text('x'); print(*sorted(p.as_posix() for p in Path('a').rglob('*')))",
        "a/b a/b/c.txt\n",
    ),
    "shutil": (
        "import os, shutil\nos.mkdir('a'); open('a/f', 'w').write('x')\nshutil.copytree('a', 'b'); shutil.move('b/f', 'g'); shutil.rmtree('a'); print(sorted(os.listdir('.')))",
        "['b', 'g', 'main.py']\n",
    ),
    "links, modes and times": (
        "import os, stat\nopen('f', 'w').close(); os.symlink('f', 'l'); os.link('f', 'h'); os.chmod('f', 0o640); os.utime('f', (1, 2))\ns = os.stat('l'); print(stat.filemode(s.st_mode), s.st_nlink, s.st_mtime)",
        "-rw-r----- 2 2.0\n",
    ),
    "file locks": (
        "import fcntl\nf = open('lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX); fcntl.lockf(open('other', 'w'), fcntl.LOCK_EX); print('locked')",
        "locked\n",
    ),
    "zip and tar": (
        "import tarfile, zipfile\nwith zipfile.ZipFile('a.zip', 'w') as z: z.write('main.py')\nwith tarfile.open('a.tgz', 'w:gz') as t: t.add('main.py')\nprint(zipfile.ZipFile('a.zip').namelist(), tarfile.open('a.tgz').getnames())",
        "['main.py'] ['main.py']\n",
    ),
    "compression": (
        "import bz2, gzip, lzma, zlib\nprint(all(m.decompress(m.compress(b'x' * 1000)) == b'x' * 1000 for m in (bz2, gzip, lzma, zlib)))",
        "True\n",
    ),
    "json, csv and pickle": (
        "import csv, io, json, pickle\nb = io.StringIO(); csv.writer(b).writerow([1, 'a,b'])\nprint(json.loads(json.dumps({'a': [1, None]})), b.getvalue().strip(), pickle.loads(pickle.dumps({1, 2})))",
        "{'a': [1, None]} 1,\"a,b\" {1, 2}\n",
    ),
    "hashes and secrets": (
        "import hashlib, hmac, secrets\nprint(hashlib.sha256(b'').hexdigest()[:8], hmac.new(b'k', b'm', 'md5').hexdigest()[:4], len(secrets.token_bytes(8)))",
        "e3b0c442 ed7e 8\n",
    ),
    "ctypes calls libc": (
        "import ctypes\nl = ctypes.CDLL(None); l.strlen.restype = ctypes.c_size_t\nf = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda n: n + 1); print(l.strlen(b'hello'), f(1))",
        "5 2\n",
    ),
    "mmap of a file": (
        "import mmap\nopen('f', 'wb').write(b'hello')\nwith open('f', 'r+b') as f, mmap.mmap(f.fileno(), 0) as m: m[:1] = b'J'\nprint(open('f').read())",
        "Jello\n",
    ),
    "select and selectors": (
        "import os, select, selectors\nr, w = os.pipe(); os.write(w, b'x'); print(select.select([r], [], [], 1)[0] == [r])\nwith selectors.DefaultSelector() as s: s.register(r, selectors.EVENT_READ); print(len(s.select(1)))",
        "True\n1\n",
    ),
    "socket pair": (
        "import socket, threading\na, b = socket.socketpair()\nthreading.Thread(target=lambda: (b.sendall(b.recv(5).upper()), b.close())).start()\na.sendall(b'hello'); print(a.recv(5))",
        "b'HELLO'\n",
    ),
    "alarm": (
        "import signal\nsignal.signal(signal.SIGALRM, lambda *_: print('alarm')); signal.setitimer(signal.ITIMER_REAL, 0.001); signal.pause()",
        "alarm\n",
    ),
    "signals to a child": (
        "import subprocess\np = subprocess.Popen(['sleep', '60']); p.terminate(); print(p.wait()); q = subprocess.Popen(['sleep', '60']); q.kill(); print(q.wait())",
        "-15\n-9\n",
    ),
    "signal mask": (
        "import os, signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1); print(signal.sigwait([signal.SIGUSR1]).name)",
        "SIGUSR1\n",
    ),
    "resource usage and limits": (
        "import resource\nprint(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0); resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50)); print(resource.getrlimit(resource.RLIMIT_NOFILE))",
        "True\n(50, 50)\n",
    ),
    "dates and zones": (
        "from datetime import datetime, timedelta, timezone\nprint(datetime(2024, 2, 28, tzinfo=timezone.utc) + timedelta(days=1))",
        "2024-02-29 00:00:00+00:00\n",
    ),
    "dataclasses, enums and matching": (
        "from dataclasses import dataclass\nfrom enum import Enum\nclass C(Enum): RED = 1\n@dataclass\nclass P: x: int; c: C\nmatch P(1, C.RED):\n    case P(x=1, c=C.RED as c): print(c)",
        "C.RED\n",
    ),
    "generators and itertools": (
        "import itertools as i\ndef g():\n    x = yield 1\n    yield x\nh = g(); print(next(h), h.send(5), list(i.accumulate(range(5))), len(list(i.permutations('abcd'))))",
        "1 5 [0, 1, 3, 6, 10] 24\n",
    ),
    "heap, deque and bisect": (
        "import bisect, collections, heapq\nh = [3, 1, 2]; heapq.heapify(h); d = collections.deque([1, 2], maxlen=2); d.append(3); print(heapq.heappop(h), list(d), bisect.bisect([1, 3, 5], 3))",
        "1 [2, 3] 2\n",
    ),
    "decimal and fractions": (
        "from decimal import Decimal\nfrom fractions import Fraction\nprint(Decimal('0.1') + Decimal('0.2'), Fraction(1, 3) + Fraction(1, 6))",
        "0.3 1/2\n",
    ),
    "regular expressions": ("import re\nprint(re.sub(r'(\\w+)@(\\w+)', r'\\2 at \\1', 'me@home'))", "home at me\n"),
    "unicode": (
        "import sys, unicodedata\nprint('žluťoučký 🐎', len('🐎'), sys.stdout.encoding, unicodedata.name('é'))",
        "žluťoučký 🐎 1 utf-8 LATIN SMALL LETTER E WITH ACUTE\n",
    ),
    "logging and warnings": (
        "import logging, sys, warnings\nwarnings.simplefilter('ignore'); warnings.warn('x')\nlogging.basicConfig(stream=sys.stdout, format='%(levelname)s %(message)s'); logging.warning('careful')",
        "WARNING careful\n",
    ),
    "unittest": (
        "import io, unittest\nclass T(unittest.TestCase):\n    def test(self): self.assertEqual(1, 1)\nr = unittest.TextTestRunner(stream=io.StringIO()).run(unittest.defaultTestLoader.loadTestsFromTestCase(T)); print(r.testsRun, r.wasSuccessful())",
        "1 True\n",
    ),
    "exit handlers": ("import atexit\natexit.register(print, 'last'); print('first')", "first\nlast\n"),
    "garbage collection and weak references": (
        "import gc, weakref\nclass A: pass\na = A(); a.a = a; w = weakref.ref(a); del a; gc.collect(); print(w())",
        "None\n",
    ),
    "deep recursion": (
        "import sys, threading\nsys.setrecursionlimit(30000)\ndef f(n): return n if n == 0 else f(n - 1)\nprint(f(20000))",
        "0\n",
    ),
    "end of input": (
        "import sys\nprint(repr(sys.stdin.read()))\ntry: input()\nexcept EOFError: print('end')",
        "''\nend\n",
    ),
    "tracebacks": (
        "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError: print(traceback.format_exc().splitlines()[-1])",
        "ZeroDivisionError: division by zero\n",
    ),
    "large output": ("print('x' * 99_999)", "x" * 99_999 + "\n"),
    "user, host and machine": (
        "import getpass, os, platform\nprint(os.getuid() > 0, bool(platform.node()), platform.system(), os.getcwd().endswith('/work'))",
        "True True Linux True\n",
    ),
    "who it is": (
        "import getpass, os\nprint(len(getpass.getuser()) > 0, os.environ['USER'] == os.environ['LOGNAME'], os.path.isdir(os.path.expanduser('~')))",
        "True True True\n",
    ),
    "fixed paths in temporary folders": (
        "import os, shutil\nfor d in '/tmp/results', '/var/tmp/results':\n    os.makedirs(d, exist_ok=True); open(d + '/a.txt', 'w').write('kept'); print(open(d + '/a.txt').read(), os.listdir(d)); shutil.rmtree(d)",
        "kept ['a.txt']\nkept ['a.txt']\n",
    ),
    "dates in their zones": (
        "from datetime import datetime\nfrom zoneinfo import ZoneInfo\nprint(datetime(2024, 7, 1, tzinfo=ZoneInfo('Europe/Prague')).utcoffset())",
        "2:00:00\n",
    ),
    "futures in order and as completed": (
        "from concurrent.futures import ThreadPoolExecutor, as_completed\nwith ThreadPoolExecutor(3) as p: print(list(p.map(len, ['a', 'bb'])), sorted(f.result() for f in as_completed([p.submit(pow, 2, n) for n in range(3)])))",
        "[1, 2] [1, 2, 4]\n",
    ),
    "caches, counters and protocols": (
        "from collections import Counter, defaultdict\nfrom functools import lru_cache, reduce\nfrom typing import Protocol\n@lru_cache(None)\ndef f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nclass P(Protocol):\n    x: int\nprint(f(90), Counter('hello').most_common(1), reduce(int.__mul__, range(1, 6)), defaultdict(list)['a'])",
        "2880067194370816120 [('l', 2)] 120 []\n",
    ),
    "statistics and numbers": (
        "import cmath, math, random, statistics\nrandom.seed(1); print(statistics.stdev([1, 2, 3]), math.isqrt(10**40), math.comb(10, 3), cmath.sqrt(-1), random.randint(1, 6))",
        "1.0 100000000000000000000 120 1j 2\n",
    ),
    "doctest": (
        "import doctest\ndef f(x):\n    '''\n    >>> f(2)\n    4\n    '''\n    return x * x\nr = doctest.testmod(); print(r.failed, r.attempted)",
        "0 1\n",
    ),
    "its own source": (
        "import inspect, sys\ndef f(): return 1\nprint(inspect.getsource(f).strip(), sys.argv, __file__.endswith('/main.py'))",
        "def f(): return 1 ['main.py'] True\n",
    ),
    "profile and timeit": (
        "import cProfile, io, pstats, timeit\np = cProfile.Profile(); p.runcall(sorted, range(10)); pstats.Stats(p, stream=io.StringIO()).print_stats(); print(timeit.timeit('1', number=10) > 0)",
        "True\n",
    ),
    "arguments and formats": (
        "import argparse, textwrap\na = argparse.ArgumentParser(); a.add_argument('--n', type=int, default=3); print(a.parse_args([]).n, f'{1234.5:>12,.2f}|{255:#x}', textwrap.shorten('a b c d', 6, placeholder='…'))",
        "3     1,234.50|0xff a b c…\n",
    ),
    "standard streams by their names": (
        "print(repr(open('/dev/stdin').read()))\nopen('/dev/stdout', 'w').write('out\\n')\nopen('/dev/fd/1', 'a').write('again\\n')\nopen('/dev/stderr', 'w').close()",
        "''\nout\nagain\n",
    ),
    "standard input in an event loop": (
        "import asyncio, sys\nasync def f():\n    reader = asyncio.StreamReader()\n    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)\n    print(await reader.read())\nasyncio.run(f())",
        "b''\n",
    ),
    "waiting for standard input": (
        "import os, select, sys\nprint([f is sys.stdin for f in select.select([sys.stdin], [], [], 30)[0]], os.read(0, 1))\np = select.poll(); p.register(0); print(len(p.poll(30000)))\ne = select.epoll(); e.register(0); print(len(e.poll(30)))",
        "[True] b''\n1\n1\n",
    ),
    "output over a pipe of its own uid": (
        "import subprocess\nprint(subprocess.run('cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr', shell=True, capture_output=True))",
        "CompletedProcess(args='cat /dev/stdin; echo out > /dev/stdout; echo err > /dev/stderr', returncode=0, stdout=b'out\\n', stderr=b'err\\n')\n",
    ),
}
