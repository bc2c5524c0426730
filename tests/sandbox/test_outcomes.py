"""Exit codes, signals, times and memory of a program are reported as they were."""

import pytest

from livecode.domain import Reason, Status
from livecode.languages import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_runs_the_echo_program(run, runner, language):
    outcome = run(language, LANGUAGES[language].echo_source)
    assert (outcome.status, outcome.stdout, outcome.stderr) == (Status.COMPLETED, f"hello from {language}\n", "")
    assert (outcome.exit_code, outcome.signal, outcome.reason) == (0, None, None)
    assert (outcome.compile_time_ms is None) == (LANGUAGES[language].compile is None)
    assert language in runner.versions


@pytest.mark.parametrize("exit_code", [0, 1, 2, 25, 126, 127, 128, 137, 139, 255])
def test_returns_the_exit_code(run_python, exit_code):
    outcome = run_python(f"import sys; sys.exit({exit_code})")
    assert (outcome.exit_code, outcome.signal) == (exit_code, None)
    assert outcome.reason is (None if exit_code == 0 else Reason.RUNTIME_ERROR)


@pytest.mark.parametrize(
    ("statement", "signal"),
    [
        ("std::abort();", "SIGABRT"),
        ("volatile int zero = 0; return 100 / zero;", "SIGFPE"),
        ("*(volatile int *)nullptr = 1;", "SIGSEGV"),
        ("std::raise(SIGKILL);", "SIGKILL"),
        ("std::raise(SIGTERM);", "SIGTERM"),
        ("std::raise(SIGPIPE);", "SIGPIPE"),
        ("std::raise(SIGRTMIN + 3);", "SIGRTMIN+3"),
    ],
)
def test_names_the_signal(run_cpp, statement, signal):
    outcome = run_cpp(f"#include <csignal>\n#include <cstdlib>\nint main() {{ {statement} }}")
    assert (outcome.exit_code, outcome.signal, outcome.reason) == (None, signal, Reason.RUNTIME_ERROR)


@pytest.mark.parametrize("interpreter", ["{'x'}", '"/nowhere"', "{0}"])
def test_a_program_that_cannot_be_executed_has_failed(run_cpp, interpreter):
    # Older linkers put their own name first, and such a program runs.
    outcome = run_cpp(f'__attribute__((section(".interp"))) extern const char x[] = {interpreter}; int main() {{}}')
    assert (outcome.status, outcome.reason, outcome.exit_code, outcome.signal) in (
        (Status.COMPLETED, None, 0, None),
        (Status.FAILED, Reason.RUNTIME_ERROR, 126, None),
    )
    assert (outcome.stderr == "") is (outcome.exit_code == 0)


def test_ends_unbounded_recursion_with_a_signal(run_cpp):
    outcome = run_cpp(
        "int f(volatile int *x) { int a[64]; a[0] = *x; return f(a) + a[0]; } int main() { int a = 1; return f(&a); }"
    )
    assert outcome.signal == "SIGSEGV"


@pytest.mark.parametrize(
    "source_code",
    [
        pytest.param("while True: pass", id="burns CPU"),
        pytest.param("import time; time.sleep(60)", id="sleeps"),
        pytest.param("import os; os.kill(os.getpid(), 19)", id="stops itself"),
        pytest.param(
            "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\ntime.sleep(60)",
            id="ignores signals",
        ),
        pytest.param("3 ** (5 ** 3 ** 9)", id="burns CPU in C"),
    ],
)
def test_ends_programs_at_the_wall_limit(run_python, source_code):
    outcome = run_python(f"print('before')\n{source_code}", run_wall_time_seconds=1)
    assert (outcome.status, outcome.reason) == (Status.TIMEOUT, Reason.TIME_LIMIT_EXCEEDED)
    assert (outcome.exit_code, outcome.signal, outcome.stdout) == (None, "SIGKILL", "before\n")
    assert outcome.stderr == "Execution exceeded 1 second timeout\n"
    assert outcome.execution_time_ms >= 950


def test_says_that_time_was_up_however_much_was_printed(run_python):
    source_code = "import sys, time; sys.stderr.write('x' * 200_000); sys.stderr.flush(); time.sleep(60)"
    outcome = run_python(source_code, run_wall_time_seconds=1)
    assert outcome.stderr.endswith("x\nExecution exceeded 1 second timeout\n")
    assert outcome.stderr_truncated
    assert len(outcome.stderr) <= 100 * 1024


def test_counts_wall_time_from_the_start_of_the_program(run_cpp):
    burns = "std::clock_t t = std::clock(); while (std::clock() - t < CLOCKS_PER_SEC / 20);"
    outcome = run_cpp(f"#include <ctime>\nint main() {{ {burns} }}")
    assert outcome.execution_time_ms >= outcome.cpu_time_ms >= 50


def test_counts_the_time_of_programs_that_take_none(run_cpp):
    outcome = run_cpp("int main() {}")
    assert outcome.execution_time_ms >= max(1, outcome.cpu_time_ms)


def test_blames_itself_when_the_environment_had_less_time_than_the_program(run):
    with pytest.raises(RuntimeError, match="EnvironmentOutOfTime"):
        run("python", "while True: pass", time_left_seconds=4)
    with pytest.raises(RuntimeError, match="EnvironmentOutOfTime"):
        run("python", "print(1)", time_left_seconds=2)
    assert run("python", "print(1)", time_left_seconds=8).stdout == "1\n"


def test_measures_the_program_alone(run_python):
    small = run_python("print(1)")
    assert 4_000 < small.memory_kb < 30_000
    large = run_python("a = bytearray(100_000_000); a[::4096] = b'x' * len(a[::4096])")
    assert 100_000 < large.memory_kb < 130_000
    busy = run_python("import time\nwhile time.process_time() < 0.3: pass")
    assert 290 <= busy.cpu_time_ms <= busy.execution_time_ms
    assert busy.cpu_time_ms > small.cpu_time_ms


def test_counts_the_cpu_time_of_children(run_python):
    source_code = """
import os, time
if os.fork() == 0:
    while time.process_time() < 0.3: pass
    os._exit(0)
os.wait()
"""
    assert run_python(source_code).cpu_time_ms >= 290


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("open(os.environ['TMPDIR'] + '/gone')", "No such file or directory: 'gone'"),
        ("open(tempfile.mkdtemp(prefix='a') + '/gone')", "No such file or directory: 'a"),
        ("os.rmdir(os.getcwd())", "Directory not empty: '.'"),
        ("sys.exit(os.environ['HOME'])", "~\n"),
        ("sys.exit('x' * (limit - 20) + os.getcwd() + '/' + 'y' * 100)", "xx"),
        ("sys.exit('x' * (limit - 10) + os.getcwd() + '/' + 'y' * 100)", "xx"),
        ("sys.exit('x' * (limit - 20) + os.environ['TMPDIR'] + '/' + 'y' * 100)", "xx"),
    ],
)
def test_names_no_folder_of_ours_in_messages(run_python, statement, shown):
    outcome = run_python(f"import os, sys, tempfile\nlimit = {100 * 1024}\n{statement}")
    assert shown in outcome.stderr
    assert "/tm" not in outcome.stderr
    assert "livecode" not in outcome.stderr


def test_names_the_program_by_its_file_in_tracebacks(run):
    for language, source_code in {"python": "\n1/0", "javascript": "\nnull.x"}.items():
        outcome = run(language, source_code)
        assert "main." in outcome.stderr
        assert "/tmp" not in outcome.stderr
        assert "livecode" not in outcome.stderr
