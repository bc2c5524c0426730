"""The compile phase has its own limits and its own output, and leaks nothing."""

# ruff: noqa: E501 - a program stands on one line, beside what it is to come to

import pytest

from livecode.domain import Reason, Status


def test_returns_diagnostics_and_does_not_run(run_cpp):
    outcome = run_cpp("int main() { return 0 }")
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.COMPILATION_ERROR)
    assert (outcome.exit_code, outcome.signal, outcome.stdout, outcome.stderr) == (None, None, "", "")
    assert "main.cpp:1" in outcome.compile_output
    assert "/tmp" not in outcome.compile_output
    assert outcome.execution_time_ms is None


@pytest.mark.parametrize(
    ("source_code", "complaint"),
    [
        pytest.param("int missing(); int main() { return missing(); }", "missing()", id="linker"),
        pytest.param('asm(".error \\"no\\"\\n"); int main() {}', "no", id="assembler"),
        pytest.param('asm(".include \\"nowhere.s\\""); int main() {}', "nowhere.s", id="assembler includes"),
        pytest.param('int main() {}\nint twice asm("main") = 1;', "main", id="assembler, a name twice"),
    ],
)
def test_names_no_folder_of_ours_in_messages(run_cpp, source_code, complaint):
    outcome = run_cpp(source_code)
    assert outcome.reason is Reason.COMPILATION_ERROR
    assert complaint in outcome.compile_output
    assert "/tmp" not in outcome.compile_output
    assert "livecode" not in outcome.compile_output


def test_returns_warnings_without_failing(run_cpp):
    outcome = run_cpp("int main() { int unused; }")
    assert (outcome.status, outcome.stderr) == (Status.COMPLETED, "")
    assert "unused" in outcome.compile_output


def test_lets_a_compiler_warn_as_much_as_it_likes(run_cpp):
    statements = "n;" * 8000  # in one line, which is shown with each warning
    outcome = run_cpp(f'#include <cstdio>\nint main() {{ int n = 0; {statements} std::puts("ran"); }}')
    assert (outcome.status, outcome.stdout) == (Status.COMPLETED, "ran\n")
    assert outcome.compile_output_truncated
    assert len(outcome.compile_output.encode()) <= 100 * 1024


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param('#include "main.cpp"\nint main() {}', id="includes itself"),
        pytest.param('#include "/dev/zero"\nint main() {}', id="includes /dev/zero"),
        pytest.param(
            "template<int N> struct F { enum { v = F<N-1>::v + F<N-2>::v }; };\nint main() { return F<100000>::v; }",
            id="templates",
        ),
        pytest.param("char a[1u << 30] = {1};\nint main() {}", id="a gigabyte of data"),
        pytest.param(
            "#ifndef N\n#define N\n#include __FILE__\n#include __FILE__\n#endif\nint main( {}",
            id="includes itself twice",
        ),
        pytest.param('asm(".incbin \\"/dev/zero\\"");\nint main() {}', id="incbin"),
        pytest.param(
            "constexpr int f() { int x = 0; for (long i = 0; i < 1L << 40; i++) x += i; return x; }\nconstexpr int y = f();\nint main() { return y; }",
            id="constexpr",
        ),
    ],
)
def test_bounds_what_the_compiler_may_do(run_cpp, source_code):
    outcome = run_cpp(source_code, compile_wall_time_seconds=5, compile_memory_mib=512)
    assert outcome.status in (Status.FAILED, Status.TIMEOUT)
    assert outcome.reason in (Reason.COMPILATION_ERROR, Reason.TIME_LIMIT_EXCEEDED, Reason.MEMORY_LIMIT_EXCEEDED)
    assert len(outcome.compile_output.encode()) <= 100 * 1024
    assert (outcome.exit_code, outcome.signal) == (None, None)


def test_says_that_compile_time_was_up(run_cpp):
    outcome = run_cpp("#include <regex>\n#include <iostream>\nint main() {}", compile_wall_time_seconds=0.05)
    assert (outcome.status, outcome.reason) == (Status.TIMEOUT, Reason.TIME_LIMIT_EXCEEDED)
    assert outcome.compile_output.endswith("Compilation exceeded 0.05 second timeout\n")


@pytest.mark.parametrize("path", ["/proc/self/environ", "/proc/1/environ", "/proc/{runner}/environ"])
def test_includes_no_secret(run_cpp, runner, path):
    outcome = run_cpp(f'#include "{path.format(runner=runner.pid)}"\nint main() {{}}')
    # The compiler's own environment holds nothing, and to g++ such a file, whose size is 0, is empty.
    assert outcome.reason is (None if "self" in path else Reason.COMPILATION_ERROR)
    assert "SECRET" not in outcome.compile_output
    assert "PATH=" not in outcome.compile_output


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param("#include <thread>\nint main() { std::thread([] {}).join(); }", id="threads"),
        pytest.param(
            '#include <filesystem>\n#include <fstream>\nint main() { std::ofstream("x") << 1; return std::filesystem::file_size("x") != 1; }',
            id="filesystem",
        ),
        pytest.param(
            "#include <bits/stdc++.h>\n#include <concepts>\n#include <ranges>\ntemplate<std::integral T> T f(T x) { return x; }\nint main() { return f(0); }",
            id="C++20",
        ),
        pytest.param("\ufeffint main() {}\r\n// no newline", id="byte order mark and CRLF"),
    ],
)
def test_compiles_ordinary_programs(run_cpp, source_code):
    outcome = run_cpp(source_code)
    assert (outcome.status, outcome.stderr) == (Status.COMPLETED, ""), outcome.compile_output
