"""A report as a table for people: one row an observation, what the runner found beside what a program found."""

import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

_WIDTHS = (36, 40, 40)
_SAME = "same"
_INDENT = "  "

Row = tuple[str, str, str]


def render(report: Mapping[str, Any]) -> str:
    """Renders a report as plain text, at most 120 characters wide."""
    lines = [*_row(("", "runner", "program in the sandbox")), *_row(tuple("-" * width for width in _WIDTHS))]
    for view in ("runner", "program"):
        if "error" in report[view]:
            lines += _row((f"{view}: not complete", report[view]["error"], ""))
    sections = [name for name in {**report["runner"], **report["program"]} if name != "error"]
    for section in sections:
        runner, program = (report[view].get(section, {}) for view in ("runner", "program"))
        lines.append(section)
        for item in {**runner, **program}:
            for row in _rows(item, runner.get(item), program.get(item)):
                lines += _row(row)
    on = [name for name, is_on in report["layers"].items() if is_on]
    off = [name for name, is_on in report["layers"].items() if not is_on]
    lines += ["", *_wrapped("layers on: ", on), *_wrapped("layers off: ", off)]
    if report["missing_layers"]:
        lines += _wrapped("required and off, so that no program is run: ", report["missing_layers"])
    return "\n".join([*lines, f"observed in {report['duration_ms']} ms"])


def _rows(item: str, runner: Any, program: Any) -> Iterator[Row]:
    """Yields one row, or one for each name of a value that has names."""
    found = [_value(finding) for finding in (runner, program)]
    names = {name: None for value in found if isinstance(value, dict) for name in value}
    if not names:
        first, second = map(_text, found)
        yield (_INDENT + item, *_pair(first, second))
        return
    # Where one has names and the other failed, the failure stands in the first row.
    first, second = ("" if isinstance(value, dict) else _text(value) for value in found)
    yield (_INDENT + item, first, second)
    for name in names:
        first, second = (_text(value.get(name)) if isinstance(value, dict) else "" for value in found)
        yield (2 * _INDENT + name, *_pair(first, second))


def _pair(runner: str, program: str) -> tuple[str, str]:
    return (runner, _SAME if runner == program and runner else program)


def _value(finding: Mapping[str, Any] | None) -> Any:
    if finding is None:
        return None
    return f"! {finding['error']}" if "error" in finding else finding["value"]


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value)) or "none"
        case _:
            return str(value)


def _row(cells: tuple[str, ...]) -> list[str]:
    columns = [
        textwrap.wrap(cell, width, break_on_hyphens=False) or [""] for cell, width in zip(cells, _WIDTHS, strict=True)
    ]
    height = max(map(len, columns))
    filled = [column + [""] * (height - len(column)) for column in columns]
    padded = zip(*filled, strict=True)
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, _WIDTHS, strict=True)).rstrip() for line in padded]


def _wrapped(title: str, names: list[str]) -> list[str]:
    return textwrap.wrap(title + (", ".join(names) or "none"), 120, subsequent_indent=_INDENT)
