"""The table of `make probe`, and what it says of answers that are no report."""

import json
from typing import Any

import pytest

from livecode_embedded.errors import StackError
from livecode_probe.__main__ import main
from livecode_probe.invoke import read_report
from livecode_probe.table import render

REPORT: dict[str, Any] = {
    "version": 1,
    "layers": {"launcher": True, "landlock": False},
    "missing_layers": [],
    "runner": {
        "kernel": {"release": {"value": "6.1"}, "modules": {"error": "ENOENT (No such file or directory)"}},
        "processes": {"pid_1": {"value": {"name": "init", "readable": True}}},
    },
    "program": {
        "kernel": {"release": {"value": "6.1"}, "modules": {"value": ["landlock", "yama"]}},
        "processes": {"pid_1": {"error": "/proc does not show it"}},
    },
    "duration_ms": 7,
}


def columns(table: str) -> list[list[str]]:
    return [[line[:38].rstrip(), line[38:80].rstrip(), line[80:]] for line in table.splitlines()]


def test_shows_the_runner_beside_a_program() -> None:
    assert columns(render(REPORT))[2:9] == [
        ["kernel", "", ""],
        ["  release", "6.1", "same"],
        ["  modules", "! ENOENT (No such file or directory)", "landlock yama"],
        ["processes", "", ""],
        ["  pid_1", "", "! /proc does not show it"],
        ["    name", "init", ""],
        ["    readable", "yes", ""],
    ]
    assert render(REPORT).splitlines()[-3:] == ["layers on: launcher", "layers off: landlock", "observed in 7 ms"]


def test_wraps_what_is_long_and_stays_narrow() -> None:
    value = {"first": " ".join(["word"] * 40), "path": "x" * 90}
    table = render({**REPORT, "runner": {"kernel": {"long": {"value": value}}}, "missing_layers": ["moat"]})
    assert max(map(len, table.splitlines())) <= 120
    assert "".join(row[1] for row in columns(table) if set(row[1]) == {"x"}) == "x" * 90
    assert "required and off, so that no program is run: moat" in table


def test_says_which_view_is_not_complete() -> None:
    table = render({**REPORT, "program": {"error": "the launcher failed"}})
    assert "program: not complete" in table
    assert "the launcher failed" in table
    assert "6.1" in table


def test_takes_a_report() -> None:
    assert read_report(json.dumps(REPORT).encode()) == REPORT


@pytest.mark.parametrize(
    ("payload", "failed", "said"),
    [
        (b'{"errorMessage": "no Records"}', True, "The function failed: no Records"),
        (b"Task timed out after 60.00 seconds", False, "The function failed: Task timed out after 60.00 seconds"),
        (b'{"version": 1, "error": "another version"}', False, "The runner refuses: another version"),
        (b'{"batchItemFailures": []}', False, "The function's answer is no report"),
        (b"null", False, "The function failed: null"),
    ],
)
def test_says_why_there_is_no_report(payload: bytes, failed: bool, said: str) -> None:
    with pytest.raises(StackError) as raised:
        read_report(payload, failed=failed)
    assert str(raised.value).startswith(said)


@pytest.mark.parametrize("arguments", [["function"], ["image", "name"], ["elsewhere"]])
def test_asks_for_arguments_that_fit(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as raised:
        main(arguments)
    assert raised.value.code == 2
    assert "usage:" in capsys.readouterr().err
