"""Programs about languages: compiling, exit codes and signals, and what users of each language expect."""

import re

from tests.cases.expected import (
    ANYTHING,
    Expected,
    Program,
    containing,
    dies,
    does_not_compile,
    fails,
    is_killed,
    prints,
)

_COMPILE_TIMEOUT = re.compile(r"(\A|\n)Compilation exceeded 2 second timeout\n?\Z")

COMPILE = (
    Program(
        cases=("C01",),
        name="lacks a semicolon",
        language="c++",
        source="int main() { return 0 }\n",
        outcomes=does_not_compile(containing("main.cpp:1:22: error: expected")),
    ),
    Program(
        cases=("C03",),
        name="compiles with warnings",
        language="c++",
        source='#include <cstdio>\nint main() { int unused_thing = 3; puts("runs"); }\n',
        outcomes=prints("runs\n", compile_output=containing("main.cpp:2:", "warning:", "unused_thing")),
    ),
    Program(
        cases=("C06",),
        name="includes itself without end",
        language="c++",
        source="#if __INCLUDE_LEVEL__ < 28\n#include __FILE__\n#include __FILE__\n#else\nint f();\n#endif\n",
        outcomes=does_not_compile(
            _COMPILE_TIMEOUT, reason="TIME_LIMIT_EXCEEDED", status="TIMEOUT", compile_output_truncated=None
        ),
        small_limits=True,
    ),
    Program(
        cases=("C07",),
        name="instantiates a template without end",
        language="c++",
        source="template <int N> struct T { enum { v = T<N + 1>::v + 1 }; };\nint main() { return T<0>::v; }\n",
        outcomes=does_not_compile(containing("template instantiation depth"), compile_output_truncated=None),
    ),
    Program(
        cases=("C07",),
        name="has more diagnostics than are kept",
        language="c++",
        source="int main() {\n" + "".join(f"  undeclared_name_number_{n}();\n" for n in range(3000)) + "}\n",
        outcomes=does_not_compile(containing("undeclared_name_number_0"), compile_output_truncated=True),
    ),
    Program(
        cases=("C09",),
        name="has a gigabyte of initialised data",
        language="c++",
        source="char data[1u << 30] = {1};\nint main() { return data[5]; }\n",
        outcomes=(
            *does_not_compile(ANYTHING, compile_output_truncated=None),
            *does_not_compile(ANYTHING, reason="MEMORY_LIMIT_EXCEEDED", compile_output_truncated=None),
        ),
    ),
    Program(
        cases=("C10",),
        name="has four gigabytes on the stack",
        language="c++",
        source="int main() { volatile int cells[1000000000]; cells[5] = 1; return cells[5]; }\n",
        outcomes=(*dies("SIGSEGV", compile_output=ANYTHING), *does_not_compile(ANYTHING)),
    ),
    Program(
        cases=("C11", "C12"),
        name="includes everything, which takes long to compile",
        language="c++",
        source="""
#include <bits/stdc++.h>
int main() {
    std::vector<int> row{3, 1, 2};
    std::sort(row.begin(), row.end());
    std::cout << row.front() << std::accumulate(row.begin(), row.end(), 0L);
}
""",
        outcomes=prints("16"),
        needs=("spare cores",),
    ),
    Program(
        cases=("C12",),
        name="uses C++20",
        language="c++",
        source="""
#include <concepts>
#include <iostream>
#include <ranges>
#include <vector>
template <std::integral T> T twice(T n) { return 2 * n; }
int main() {
    std::vector<int> numbers{1, 2, 3, 4};
    for (int n : numbers | std::views::filter([](int n) { return n % 2 == 0; })) std::cout << twice(n) << ' ';
    std::cout << __cplusplus;
}
""",
        outcomes=prints("4 8 202002"),
    ),
    Program(
        cases=("C13",),
        name="starts a thread",
        language="c++",
        source="""
#include <iostream>
#include <thread>
int main() { std::thread worker([] { std::cout << "threaded"; }); worker.join(); }
""",
        outcomes=prints("threaded"),
    ),
    Program(
        cases=("C19",),
        name="is no JavaScript",
        language="javascript",
        source='console.log("open"\n',
        outcomes=fails(1, stderr=containing("SyntaxError", "main.js")),
    ),
    Program(
        cases=("K01",),
        name="has a byte order mark, CRLF and no last newline",
        language="c++",
        source='\ufeff#include <cstdio>\r\nint main() {\r\n  puts("windows");\r\n}',
        outcomes=prints("windows\n"),
    ),
    Program(
        cases=("K02",),
        name="includes filesystem, execution and coroutine",
        language="c++",
        source="""
#include <coroutine>
#include <filesystem>
#include <iostream>
int main() { std::cout << std::filesystem::path("a/b.txt").extension().string() << sizeof(std::coroutine_handle<>); }
""",
        outcomes=prints(".txt8"),
    ),
    Program(
        cases=("K02",),
        name="includes format, which older compilers lack",
        language="c++",
        source='#include <format>\n#include <iostream>\nint main() { std::cout << std::format("{:03}", 7); }\n',
        outcomes=(*prints("007"), *does_not_compile(containing("format"))),
    ),
)

EXIT = (
    Program(cases=("X01",), name="exits with 0", source="import sys\nsys.exit(0)\n", outcomes=prints("")),
    *(
        Program(
            cases=("X01",),
            name=f"exits with {code}",
            source=f'import sys\nprint("bye")\nsys.exit({code})\n',
            outcomes=fails(code, stdout="bye\n"),
        )
        for code in (1, 2, 25, 126, 127, 128, 134, 137, 139, 255)
    ),
    Program(
        cases=("X03",),
        name="returns 300",
        language="c++",
        source="int main() { return 300; }\n",
        outcomes=fails(44),
    ),
    Program(
        cases=("X03",), name="exits with 256", language="javascript", source="process.exit(256);\n", outcomes=prints("")
    ),
    Program(
        cases=("X05",),
        name="aborts",
        language="c++",
        source='#include <cstdlib>\n#include <iostream>\nint main() { std::cout << "a" << std::flush; abort(); }\n',
        outcomes=dies("SIGABRT", stdout="a"),
    ),
    Program(
        cases=("X06",),
        name="divides by zero",
        language="c++",
        source="int main(int count, char **) { volatile int zero = count - 1; return 7 / zero; }\n",
        outcomes=dies("SIGFPE"),
    ),
    Program(
        cases=("X08", "L21"),
        name="kills itself",
        source='import os, signal\nprint("now")\nos.kill(os.getpid(), signal.SIGKILL)\n',
        outcomes=dies("SIGKILL", stdout="now\n"),
    ),
    Program(
        cases=("X09",),
        name="raises an exception",
        source="def divide(n):\n    return n / 0\n\ndivide(3)\n",
        outcomes=fails(1, stderr=re.compile(r"main\.py\", line 4(?s:.*)line 2, in divide(?s:.*)ZeroDivisionError")),
    ),
    Program(
        cases=("X10",),
        name="rejects a promise",
        language="javascript",
        source='Promise.reject(new Error("nobody catches me"));\n',
        outcomes=fails(1, stderr=containing("nobody catches me")),
    ),
    Program(
        cases=("X10",),
        name="sets the exit code",
        language="javascript",
        source='process.exitCode = 3;\nconsole.log("set");\n',
        outcomes=fails(3, stdout="set\n"),
    ),
    Program(cases=("X13", "L21"), name="fails without a word", source="import sys\nsys.exit(1)\n", outcomes=fails(1)),
    Program(
        cases=(),
        name="throws an exception",
        language="c++",
        source='#include <stdexcept>\nint main() { throw std::runtime_error("thrown away"); }\n',
        outcomes=dies("SIGABRT", stderr=containing("thrown away")),
    ),
)

PYTHON = (
    Program(
        cases=("Y01",),
        name="is the main module",
        source='if __name__ == "__main__":\n    print("main", __name__)\n',
        outcomes=prints("main __main__\n"),
    ),
    Program(
        cases=("Y02",),
        name="maps over a pool of processes",
        source="""
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(2) as pool:
        print(pool.map(abs, [-1, 2, -3]))
""",
        outcomes=prints("[1, 2, 3]\n"),
        needs=("semaphores",),
    ),
    Program(
        cases=("Y03",),
        name="uses asyncio, threads and executors",
        source="""
import asyncio, threading
from concurrent.futures import ThreadPoolExecutor

async def main():
    return await asyncio.gather(*(asyncio.sleep(0, n) for n in range(3)))

print(asyncio.run(main()))
with ThreadPoolExecutor(4) as pool:
    print(list(pool.map(len, ["a", "bb"])))
thread = threading.Thread(target=print, args=("thread",))
thread.start()
thread.join()
""",
        outcomes=prints("[0, 1, 2]\n[1, 2]\nthread\n"),
    ),
    Program(
        cases=("Y05",),
        name="has a byte order mark and CRLF",
        source='\ufeffif True:\r\n    print("windows")\r\n',
        outcomes=prints("windows\n"),
    ),
    Program(
        cases=("Y06",),
        name="means its indentation and its last spaces",
        source="if True:\n\tprint('tab')\nprint('''  two \n\t''', end='')\n",
        outcomes=prints("tab\n  two \n\t"),
    ),
    Program(
        cases=("Y10",),
        name="reads address 0",
        source="import ctypes\nctypes.string_at(0)\n",
        outcomes=dies("SIGSEGV"),
    ),
    Program(
        cases=(),
        name="imports much of the standard library",
        source="import collections, decimal, heapq, json, math, random, re, statistics\nprint(re.__name__)\n",
        outcomes=prints("re\n"),
    ),
    Program(
        cases=(),
        name="speaks UTF-8",
        source='print("\\u00fcber \\U0001f600")\nprint("gr\u00fc\u00df dich")\n',
        outcomes=prints("\u00fcber \U0001f600\ngr\u00fc\u00df dich\n"),
    ),
)

NODE = (
    Program(
        cases=("N01",),
        name="requires modules",
        language="javascript",
        source='const path = require("path");\nconsole.log(path.basename(__filename));\n',
        outcomes=prints("main.js\n"),
    ),
    Program(
        cases=("N02",),
        name="imports modules and awaits at the top",
        language="javascript",
        source="""
import { basename } from "path";
const later = await new Promise((resolve) => setTimeout(() => resolve("later"), 5));
console.log(basename("a/b"), later);
""",
        outcomes=prints("b later\n", stderr=""),
    ),
    Program(
        cases=("N05",),
        name="has a byte order mark and CRLF",
        language="javascript",
        source='\ufeffconst word = "windows";\r\nconsole.log(word);\r\n',
        outcomes=prints("windows\n"),
    ),
    Program(
        cases=("N05",),
        name="begins with a hash-bang",
        language="javascript",
        source='#!/usr/bin/env node\nconsole.log("script");\n',
        outcomes=prints("script\n"),
    ),
    Program(
        cases=("N08",),
        name="starts a worker thread",
        language="javascript",
        source="""
const { Worker, isMainThread, parentPort } = require("worker_threads");
if (isMainThread) new Worker(__filename).on("message", (text) => console.log(text));
else parentPort.postMessage("from the worker");
""",
        outcomes=prints("from the worker\n"),
    ),
    Program(
        cases=("N08",),
        name="forks a child",
        language="javascript",
        source="""
const { fork } = require("child_process");
if (process.argv[2] === "child") process.send("from the child", () => process.disconnect());
else fork(__filename, ["child"]).on("message", (text) => console.log(text));
""",
        outcomes=prints("from the child\n"),
    ),
    Program(
        cases=("R11",),
        name="calls itself without end",
        language="javascript",
        source="function down(n) { return down(n + 1) + 1; }\ndown(0);\n",
        outcomes=fails(1, stderr=re.compile(r"\A(?=(?s:.*)RangeError)(?s:.{,4000})\Z")),
    ),
)

RESOURCES = (
    Program(
        cases=("R03",),
        name="fills node's heap",
        language="javascript",
        source="const rows = [];\nfor (;;) rows.push(new Array(1e5).fill(0.5));\n",
        outcomes=is_killed("MEMORY_LIMIT_EXCEEDED"),
    ),
    Program(
        cases=("R04",),
        name="fills memory outside node's heap",
        language="javascript",
        source="const blocks = [];\nfor (;;) blocks.push(Buffer.alloc(2e7, 1));\n",
        outcomes=is_killed("MEMORY_LIMIT_EXCEEDED"),
    ),
    Program(
        cases=("L21",),
        name="fills memory from Python",
        source='print("filling")\nblocks = []\nwhile True:\n    blocks.append(b"m" * 1_000_000)\n',
        outcomes=is_killed("MEMORY_LIMIT_EXCEEDED", stdout="filling\n"),
    ),
    Program(
        cases=(),
        name="uses less memory than it may",
        source='block = b"m" * 150_000_000\nprint(len(block))\n',
        outcomes=prints("150000000\n"),
    ),
    Program(
        cases=("R12",),
        name="recurses without end",
        language="c++",
        source="""
__attribute__((noinline)) int down(volatile int n) {
    volatile int here[64];
    here[n % 64] = n;
    return down(n + 1) + here[3];
}
int main() { return down(0); }
""",
        outcomes=dies("SIGSEGV", compile_output=ANYTHING),
    ),
    Program(
        cases=("R14",),
        name="fills its folder with one file",
        source="""
import errno
written = 0
try:
    with open("big", "wb", buffering=0) as file:
        while written < 1024:
            file.write(b"0" * 1_048_576)
            written += 1
except OSError as error:
    print(errno.errorcode[error.errno], written <= 64)
""",
        outcomes=(
            Expected(stdout=re.compile(r"\A(EFBIG|ENOSPC|EDQUOT) True\n\Z")),
            *dies("SIGXFSZ"),
            *is_killed("RUNTIME_ERROR", stdout=ANYTHING, stderr=containing("exceeded 64 MiB of files")),
        ),
    ),
    Program(
        cases=("R16",),
        name="nests five thousand folders",
        source='import os\nfor _ in range(5000):\n    os.mkdir("d")\n    os.chdir("d")\nprint("deep")\n',
        outcomes=prints("deep\n"),
    ),
    Program(
        cases=("R16",),
        name="leaves folders that nobody may enter",
        source="""
import os
os.makedirs("a/b")
open("a/b/c", "w").close()
os.chmod("a/b", 0)
os.chmod("a", 0)
print("shut")
""",
        outcomes=prints("shut\n"),
    ),
    Program(
        cases=("R18",),
        name="opens files until it may not",
        source="""
import errno
files = []
try:
    while len(files) < 1_000_000:
        files.append(open("main.py"))
except OSError as error:
    print(errno.errorcode[error.errno])
""",
        outcomes=prints("EMFILE\n"),
    ),
    Program(
        cases=("R19",),
        name="aborts with a large heap",
        language="c++",
        source="""
#include <cstdlib>
#include <vector>
int main() { std::vector<char> heap(100'000'000, 'x'); if (heap[99'999'999] == 'x') abort(); }
""",
        outcomes=dies("SIGABRT"),
    ),
    Program(
        cases=("R20",),
        name="fills memory files",
        source="""
import os

def fill(descriptor):
    for _ in range(4096):
        os.write(descriptor, b"0" * 1_048_576)

for name, open_it in (
    ("memfd", lambda: os.memfd_create("memory")),
    ("shm", lambda: os.open("/dev/shm/memory", os.O_RDWR | os.O_CREAT)),
):
    try:
        fill(open_it())
        print(name, "filled")
    except OSError:
        print(name, "refused")
""",
        outcomes=(*prints("memfd refused\nshm refused\n"), *is_killed("MEMORY_LIMIT_EXCEEDED", stdout=ANYTHING)),
    ),
)
