"""What a probe found, as values: findings by section and item, in two views."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from livecode_runner.probe.event import VERSION
from livecode_runner.probe.observers.calls import Json


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A value, or why there is none."""

    value: Json = None
    error: str | None = None

    def as_json(self) -> dict[str, Json]:
        return {"value": self.value} if self.error is None else {"error": self.error}


@dataclass(frozen=True, kw_only=True)
class View:
    """One process's view, by section and item. `error` says why it has none, or is not complete."""

    findings: Mapping[str, Mapping[str, Finding]] = field(default_factory=dict)
    error: str | None = None

    def as_json(self) -> dict[str, Json]:
        sections: dict[str, Json] = {
            section: {item: finding.as_json() for item, finding in items.items()}
            for section, items in self.findings.items()
        }
        return sections if self.error is None else {**sections, "error": self.error}


@dataclass(frozen=True, kw_only=True)
class ProbeReport:
    """`layers` are the sandbox's, `missing` the required ones that are off; `refused` says why nothing was done."""

    layers: Mapping[str, bool] = field(default_factory=dict)
    missing: Sequence[str] = ()
    runner: View = field(default_factory=View)
    program: View = field(default_factory=View)
    duration_ms: int = 0
    refused: str | None = None

    def as_json(self) -> dict[str, Json]:
        """Returns the report as the invocation answers it."""
        if self.refused is not None:
            return {"version": VERSION, "error": self.refused}
        return {
            "version": VERSION,
            "layers": dict(self.layers),
            "missing_layers": list(self.missing),
            "runner": self.runner.as_json(),
            "program": self.program.as_json(),
            "duration_ms": self.duration_ms,
        }


def read_view(printed: bytes, failure: str | None) -> View:
    """Reads the view that the observers printed, as far as they came. What they did not print is an error."""
    findings: dict[str, dict[str, Finding]] = {}
    complete = False
    for text in printed.splitlines():
        try:
            line: Any = json.loads(text)
            if "expected" in line:
                complete = True
                for section, item in line["expected"]:
                    findings.setdefault(section, {})[item] = Finding(error=failure or "nothing was printed")
            else:
                found = Finding(value=line.get("value"), error=line.get("error"))
                findings.setdefault(line["section"], {})[line["item"]] = found
        except (ValueError, TypeError, KeyError, AttributeError):  # cut off in the middle
            complete = False
            failure = failure or "what was printed is not whole"
    return View(findings=findings, error=failure if complete or failure else "nothing was printed")
