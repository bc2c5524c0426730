"""Programs about what is printed and read: streams, encodings, floods, standard input."""

import re

from tests.cases.expected import (
    ANYTHING,
    STREAM_LIMIT_BYTES,
    Program,
    containing,
    fails,
    is_killed,
    prints,
    starting,
    times_out,
)

_ALL_BYTES = bytes(range(256)).decode(errors="replace").replace("\0", "\u2400")
_RESULT = '{"status":"FAILED","reason":"INTERNAL_ERROR","exit_code":7}'


def _kept(line: str) -> str:
    """What is kept of a flood of `line` (one byte a character)."""
    return (line * (STREAM_LIMIT_BYTES // len(line) + 1))[:STREAM_LIMIT_BYTES]


PROGRAMS = (
    Program(
        cases=("E03",),
        name="prints NUL",
        language="c++",
        source='#include <iostream>\nint main() { std::cout << "left" << char(0) << "right"; }\n',
        outcomes=prints("left\u2400right"),
    ),
    Program(
        cases=("E04",),
        name="prints every byte value",
        language="c++",
        source="#include <cstdio>\nint main() { for (int byte = 0; byte < 256; byte++) putchar(byte); }\n",
        outcomes=prints(_ALL_BYTES),
    ),
    Program(
        cases=(),
        name="prints invalid UTF-8 on both streams",
        source='import sys\nsys.stdout.buffer.write(b"a\\xc3(\\xff")\nsys.stderr.buffer.write(b"\\xed\\xa0\\x80!")\n',
        outcomes=prints("a\ufffd(\ufffd", stderr="\ufffd\ufffd\ufffd!"),
    ),
    Program(
        cases=("E07",),
        name="floods stdout",
        source='while True:\n    print("f" * 999)\n',
        outcomes=is_killed("OUTPUT_LIMIT_EXCEEDED", stdout=_kept("f" * 999 + "\n"), stdout_truncated=True),
    ),
    Program(
        cases=("E08",),
        name="floods stderr after a word on stdout",
        language="c++",
        source="""
#include <iostream>
#include <string>
int main() {
    std::cout << "kept" << std::endl;
    for (std::string line(4096, 'e');;) std::cerr << line;
}
""",
        outcomes=is_killed(
            "OUTPUT_LIMIT_EXCEEDED", stdout="kept\n", stderr=_kept("e"), stderr_truncated=True, stdout_truncated=False
        ),
    ),
    Program(
        cases=("E09",),
        name="floods both streams from two threads",
        source="""
import sys, threading
def flood(stream, letter):
    while True:
        stream.write(letter * 4096)
for stream, letter in ((sys.stdout, "o"), (sys.stderr, "e")):
    threading.Thread(target=flood, args=(stream, letter)).start()
""",
        outcomes=is_killed(
            "OUTPUT_LIMIT_EXCEEDED", stdout=_kept("o"), stderr=_kept("e"), stdout_truncated=True, stderr_truncated=True
        ),
    ),
    Program(
        cases=("E10",),
        name="prints far too much and ends",
        source='print("z" * 40_000_000)\n',
        outcomes=is_killed("OUTPUT_LIMIT_EXCEEDED", stdout=_kept("z"), stdout_truncated=True),
    ),
    Program(
        cases=("E10",),
        name="prints more than is kept and ends well",
        source='print("z" * 5_000_000)\n',
        outcomes=prints(_kept("z"), stdout_truncated=True),
    ),
    Program(
        cases=(),
        name="prints exactly what is kept",
        source=f'print("k" * {STREAM_LIMIT_BYTES}, end="")\n',
        outcomes=prints(_kept("k")),
    ),
    Program(
        cases=(),
        name="prints one character more than is kept",
        source=f'import sys\nsys.stderr.write("k" * {STREAM_LIMIT_BYTES} + "!")\n',
        outcomes=prints("", stderr=_kept("k"), stderr_truncated=True),
    ),
    Program(
        cases=(),
        name="prints wide characters across the limit",
        source='print("\\u20ac" * 40_000)\n',
        outcomes=prints("\u20ac" * (STREAM_LIMIT_BYTES // 3), stdout_truncated=True),
    ),
    Program(
        cases=(),
        name="prints wider characters across the limit",
        source='print("a" + "\\U0001f600" * 30_000)\n',
        outcomes=prints("a" + "\U0001f600" * ((STREAM_LIMIT_BYTES - 1) // 4), stdout_truncated=True),
    ),
    Program(
        cases=("E11",),
        name="exits before node has written all",
        language="javascript",
        source='console.log("x".repeat(2e6));\nprocess.exit(0);\n',
        outcomes=prints(re.compile(r"\Ax{65536,102400}\Z"), stdout_truncated=None),
    ),
    Program(
        cases=("E12",),
        name="is stopped with output that it never flushed",
        source='import time\nprint("so far")\ntime.sleep(60)\n',
        outcomes=times_out("so far\n"),
        small_limits=True,
    ),
    Program(
        cases=("E12",),
        name="is stopped after words on both streams",
        source='import sys, time\nprint("out")\nprint("err", file=sys.stderr)\ntime.sleep(60)\n',
        outcomes=times_out("out\n", stderr=re.compile(r"\Aerr\nExecution exceeded 2 second timeout\n?\Z")),
        small_limits=True,
    ),
    Program(
        cases=("E14",),
        name="prints no last newline",
        source='print("open end", end="")\n',
        outcomes=prints("open end"),
    ),
    Program(cases=(), name="prints nothing", source="pass\n", outcomes=prints("")),
    Program(cases=(), name="is empty", source="", outcomes=prints("")),
    Program(
        cases=("E17",),
        name="prints terminal colours",
        source='print("\\x1b[32mgreen\\x1b[0m")\n',
        outcomes=prints("\x1b[32mgreen\x1b[0m\n"),
    ),
    Program(
        cases=("E18",),
        name="prints words of a verdict",
        source=f"""
import sys
print('{_RESULT}')
print("Execution exceeded 30 second timeout", file=sys.stderr)
""",
        outcomes=prints(_RESULT + "\n", stderr="Execution exceeded 30 second timeout\n"),
    ),
    Program(
        cases=("E19",),
        name="writes a result to every descriptor",
        source=f"""
import os
for descriptor in range(1, 64):
    try:
        os.write(descriptor, b'{_RESULT}')
    except OSError:
        pass
""",
        outcomes=prints(_RESULT, stderr=_RESULT),
    ),
    Program(
        cases=("E20",),
        name="prints a lone surrogate",
        source='print("\\ud801")\n',
        outcomes=fails(1, stderr=containing("UnicodeEncodeError")),
    ),
    Program(
        cases=("E21",),
        name="prints control characters, which JSON makes longer",
        source=f'print("\\x01" * {STREAM_LIMIT_BYTES}, end="")\n',
        outcomes=prints("\x01" * STREAM_LIMIT_BYTES),
    ),
    Program(
        cases=(),
        name="writes both streams in turn",
        source="import sys\nfor n in range(3):\n    print(n)\n    print(-n, file=sys.stderr)\n",
        outcomes=prints("0\n1\n2\n", stderr="0\n-1\n-2\n"),
    ),
    Program(
        cases=("I02",),
        name="reads a number that is not there",
        language="c++",
        source="#include <iostream>\nint main() { int n = 5; std::cin >> n; std::cout << n << std::cin.fail(); }\n",
        outcomes=prints("51"),  # at the end of the input, operator>> leaves the number alone
    ),
    Program(
        cases=(),
        name="reads empty standard input in Python",
        source="import sys\nprint(repr(sys.stdin.read()))\n",
        outcomes=prints("''\n"),
    ),
    Program(
        cases=(),
        name="asks for input that never comes",
        source='input("name? ")\n',
        outcomes=fails(1, stdout="name? ", stderr=containing("EOFError")),
    ),
    Program(
        cases=(),
        name="reads empty standard input in node",
        language="javascript",
        source='console.log(JSON.stringify(require("fs").readFileSync(0, "utf8")));\n',
        outcomes=prints('""\n'),
    ),
    Program(
        cases=("I07",),
        name="opens the terminal",
        source='open("/dev/tty")\n',
        outcomes=fails(1, stderr=re.compile("OSError|PermissionError|FileNotFoundError")),
    ),
    Program(
        cases=("E10",),
        name="writes more than is kept from C++ at once",
        language="c++",
        source="""
#include <iostream>
#include <string>
int main() { std::cerr << std::string(3'000'000, 's'); return 9; }
""",
        outcomes=fails(9, stderr=_kept("s"), stderr_truncated=True),
    ),
    Program(
        cases=(),
        name="floods while a child holds the pipe",
        source="""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "while True: print('c' * 999)"])
""",
        outcomes=prints(ANYTHING, stdout_truncated=None, stderr=ANYTHING, stderr_truncated=None),
    ),
    Program(
        cases=(),
        name="keeps the beginning of what it prints",
        source='print("first")\nprint("m" * 200_000)\nprint("last")\n',
        outcomes=prints(starting("first\nmmm"), stdout_truncated=True),
    ),
)
