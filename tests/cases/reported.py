"""Programs of public reports about other execution services, as reports.json has them, and what must come of each."""

import json
from pathlib import Path
from typing import Any

from tests.cases.expected import Expected, Program, Text, is_killed, prints, starting

_REPORTS: dict[str, dict[str, Any]] = {
    report["id"]: report
    for report in json.loads((Path(__file__).parent / "reports.json").read_text(encoding="utf-8"))
    if report["kind"] == "program"
}
_FIRST_WARNINGS: Text = starting("main.cpp: In function")


def _reported(case: str, outcomes: tuple[Expected, ...]) -> Program:
    report = _REPORTS[case]
    return Program(
        cases=(case,),
        name=report["title"],
        language=report["language"],
        source=report["source_code"],
        outcomes=outcomes,
    )


PROGRAMS = (
    _reported("Q01", prints("rows: 0\n", stderr="done\n")),
    _reported("Q02", prints("True True\n")),
    _reported("Q04", prints("500500\n")),
    _reported("Q09", prints("helper ended with 0, data has 170 MiB\n", most_memory_kb=256 * 1024)),
    _reported(
        "Q10",
        prints(_REPORTS["Q10"]["expect"]["stdout"], compile_output=_FIRST_WARNINGS, compile_output_truncated=True),
    ),
    _reported("Q18", is_killed("MEMORY_LIMIT_EXCEEDED", most_execution_time_ms=10_000)),
)
