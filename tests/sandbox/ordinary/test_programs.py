"""What ordinary programs use works behind every layer, and prints what it prints elsewhere."""

from collections.abc import Callable

import pytest

from livecode.domain import Reason, Status
from tests.sandbox.conftest import IS_ROOT, MODES, RunnerProcess
from tests.sandbox.ordinary import cpp_programs, javascript_programs, python_programs, refused_programs

ALL_MODES = [mode for mode in MODES if IS_ROOT or not mode.startswith("own_uid")]
STRICTEST = "shared_uid"  # the narrower of the two filters, and Landlock where there is one

# Nothing here measures time: a busy machine must not fail a test.
PATIENCE = {"compile_wall_time_seconds": 120, "run_wall_time_seconds": 120, "time_left_seconds": 500}

# They know no TMPDIR.
NEED_TEMPORARY_FOLDERS = ("temporary file without a name", "temporary names", "fixed paths in temporary folders")

CASES = [
    *[("python", name, mode) for name in python_programs.PROGRAMS for mode in ALL_MODES],
    *[("javascript", name, mode) for name in javascript_programs.PROGRAMS for mode in ALL_MODES],
    *[
        ("c++", name, mode)
        for name in cpp_programs.PROGRAMS
        for mode in (ALL_MODES if name in cpp_programs.EVERYWHERE else [STRICTEST])
    ],
]
PROGRAMS = {
    "python": python_programs.PROGRAMS,
    "javascript": javascript_programs.PROGRAMS,
    "c++": cpp_programs.PROGRAMS,
}


@pytest.mark.parametrize(("language", "name", "mode"), CASES)
def test_program(ordinary_runners: Callable[[str], RunnerProcess], language: str, name: str, mode: str) -> None:
    source_code, stdout = PROGRAMS[language][name]
    if name in NEED_TEMPORARY_FOLDERS and not IS_ROOT and ordinary_runners(mode).layers["landlock"]:
        pytest.skip("they are closed where others of our uid are, and whether some are depends on the machine")
    outcome = ordinary_runners(mode).run(language, source_code, **PATIENCE)
    assert (outcome.stdout, outcome.stderr, outcome.status) == (stdout, "", Status.COMPLETED), outcome.compile_output


@pytest.mark.parametrize("mode", ALL_MODES)
@pytest.mark.parametrize("name", refused_programs.PROGRAMS)
def test_says_what_there_is_none_of(ordinary_runners: Callable[[str], RunnerProcess], name: str, mode: str) -> None:
    language, source_code, complaint = refused_programs.PROGRAMS[name]
    outcome = ordinary_runners(mode).run(language, source_code, **PATIENCE)
    assert complaint in outcome.stderr
    assert (outcome.status, outcome.reason) == (Status.FAILED, Reason.RUNTIME_ERROR)


@pytest.mark.parametrize("language", PROGRAMS)
def test_there_are_enough_programs(language: str) -> None:
    assert len(PROGRAMS[language]) >= 40
