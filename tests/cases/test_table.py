"""No case is forgotten, and nothing the table leans on is missing."""

import ast
import json
from pathlib import Path

from tests.cases.table import PROGRAMS, TESTS

_ROOT = Path(__file__).parents[2]
_CASES, _REPORTS = (
    [case["id"] for case in json.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))]
    for name in ("cases.json", "reports.json")
)
_IDS = {*_CASES, *_REPORTS}


def test_no_id_is_given_twice() -> None:
    assert (len(_CASES), len(_REPORTS), len(_IDS)) == (123, 7, 130)


def test_every_case_is_held() -> None:
    held = {case for program in PROGRAMS for case in program.cases} | set(TESTS)
    assert _IDS - held == set()


def test_the_table_knows_no_other_case() -> None:
    assert {case for program in PROGRAMS for case in program.cases} - _IDS == set()
    assert set(TESTS) - _IDS == set()


def test_every_program_has_a_name_of_its_own() -> None:
    ids = [program.id for program in PROGRAMS]
    assert sorted(ids) == sorted(set(ids))


def test_every_test_named_exists() -> None:
    missing = [test for tests in TESTS.values() for test in tests if not _exists(test)]
    assert missing == []


def _exists(test: str) -> bool:
    path, _, name = test.partition("::")
    file = _ROOT / path
    if not file.exists():
        return False
    return any(
        isinstance(node, ast.FunctionDef) and node.name == name for node in ast.walk(ast.parse(file.read_text()))
    )
