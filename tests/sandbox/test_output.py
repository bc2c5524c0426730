"""What a program prints arrives as it was printed, as far as text and limits can hold it."""

import pytest

from livecode.domain import Reason, Status


@pytest.mark.parametrize(
    ("source_code", "stdout"),
    [
        pytest.param("print('no newline', end='')", "no newline", id="no newline"),
        pytest.param("", "", id="nothing"),
        pytest.param("print('\\x1b[31mred\\x1b[0m')", "\x1b[31mred\x1b[0m\n", id="escape sequences"),
        pytest.param("print('h\\u00e9 \\U0001f40d')", "hé 🐍\n", id="other alphabets"),
        pytest.param("import sys; sys.stdout.buffer.write(b'a\\0b')", "a␀b", id="NUL"),
        pytest.param("import sys; sys.stdout.buffer.write(b'a\\xffb\\xc3')", "a\ufffdb\ufffd", id="no UTF-8"),
        pytest.param("if __name__ == '__main__': print('main')", "main\n", id="is the main module"),
        pytest.param("\ufeffprint('bom')\r\n", "bom\n", id="byte order mark and CRLF"),
        pytest.param("import sys; print(sys.stdin.read() == '')", "True\n", id="empty stdin"),
        pytest.param('print(\'{"status": "FAILED"}\')', '{"status": "FAILED"}\n', id="looks like a verdict"),
        pytest.param("import os; os.write(1, b'x'); os.close(1); os.close(2)", "x", id="closes its output"),
    ],
)
def test_returns_what_was_printed(run_python, source_code, stdout):
    outcome = run_python(source_code)
    assert (outcome.stdout, outcome.stderr, outcome.status) == (stdout, "", Status.COMPLETED)


def test_prints_in_the_order_of_the_program_without_flushing(run_python):
    outcome = run_python("import os, sys\nprint('one')\nos.write(1, b'two\\n')\nprint('three')")
    assert outcome.stdout == "one\ntwo\nthree\n"


def test_returns_all_256_byte_values_as_text(run_cpp):
    outcome = run_cpp("#include <cstdio>\nint main() { for (int i = 0; i < 256; i++) std::putchar(i); }")
    assert outcome.stdout == "\u2400" + "".join(map(chr, range(1, 128))) + "\ufffd" * 128


def test_fails_on_a_lone_surrogate(run_python):
    outcome = run_python("print('\\ud800')")
    assert (outcome.exit_code, outcome.stdout) == (1, "")
    assert "UnicodeEncodeError" in outcome.stderr


def test_cin_fails_on_empty_input(run_cpp):
    outcome = run_cpp(
        "#include <iostream>\nint main() { int x = 0; std::cin >> x; std::cout << x << std::cin.fail(); }"
    )
    assert outcome.stdout == "01"


def test_keeps_a_prefix_cut_between_characters(run_python):
    outcome = run_python("print('é' * 1_000_000, end='')", stream_limit_bytes=1025)
    assert (outcome.stdout, outcome.stdout_truncated, outcome.status) == ("é" * 512, True, Status.COMPLETED)


FLOODS = [
    pytest.param("python", "while True: print('y' * 1000)", id="stdout"),
    pytest.param("python", "import sys\nwhile True: print('y' * 1000, file=sys.stderr)", id="stderr"),
    pytest.param("javascript", "for (;;) require('fs').writeSync(1, 'y'.repeat(65536));", id="node"),
    pytest.param("python", "print('z' * 60_000_000)", id="finite"),
    pytest.param(
        "c++", "#include <unistd.h>\nint main() { static char a[1 << 16]; for (;;) write(1, a, sizeof a); }", id="NUL"
    ),
]


@pytest.mark.parametrize(("language", "source_code"), FLOODS)
def test_kills_programs_that_print_without_end(run, language, source_code):
    outcome = run(language, source_code)
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.OUTPUT_LIMIT_EXCEEDED)
    assert outcome.stdout_truncated or outcome.stderr_truncated
    assert len(outcome.stdout.encode()) <= 100 * 1024
    assert len(outcome.stderr.encode()) <= 100 * 1024


def test_drains_both_streams_at_once(run_python):
    source_code = """
import sys, threading
def flood(stream):
    for _ in range(50): stream.write('x' * 100_000)
threads = [threading.Thread(target=flood, args=(stream,)) for stream in (sys.stdout, sys.stderr)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    outcome = run_python(source_code)
    assert (outcome.status, outcome.stdout_truncated, outcome.stderr_truncated) == (Status.COMPLETED, True, True)


@pytest.mark.parametrize("descriptor", [3, 4, 5, 9])
def test_has_no_channel_but_its_output(run_python, descriptor):
    source_code = f"import os\ntry: os.write({descriptor}, b'exit 0')\nexcept OSError as error: print(error.errno)"
    assert run_python(source_code).stdout == "9\n"
