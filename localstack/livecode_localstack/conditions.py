"""Leaves out of a template what LocalStack would leave out itself.

LocalStack 4.13.1 follows the references of resources that are conditioned off as well, and refuses the template for one
to an alias, which package.py leaves out. 4.14.0 does not.
"""

from collections.abc import Mapping
from typing import Any

from livecode_embedded.intrinsics import Resolver


class _Undecided(Exception):
    """The condition hangs on a parameter that is not known yet."""


def remove_disabled(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Leaves out of the template the resources, outputs and branches that `parameters` alone turn off."""
    decided = _decided(template.get("Conditions", {}), parameters)
    chosen: dict[str, Any] = {
        section: _chosen(content, decided) if section in ("Resources", "Outputs", "Globals") else content
        for section, content in template.items()
    }
    for section in ("Resources", "Outputs"):
        if section in chosen:
            rows = chosen[section].items()
            chosen[section] = {name: row for name, row in rows if decided.get(row.get("Condition"), True)}
    return chosen


def _decided(conditions: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, bool]:
    resolver = Resolver(parameters=parameters, conditions=conditions, refer=_refer, attribute=_attribute)
    decided = {}
    for name in conditions:
        try:
            decided[name] = resolver.holds(name)
        except _Undecided:
            continue
    return decided


def _refer(name: str) -> str:
    raise _Undecided(name)


def _attribute(name: str, attribute: str) -> str:
    raise _Undecided(f"{name}.{attribute}")


def _chosen(value: Any, decided: Mapping[str, bool]) -> Any:
    """Replaces each Fn::If in `value` that is decided by its branch."""
    if isinstance(value, list):
        return [_chosen(item, decided) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and "Fn::If" in value:
        condition, when_true, when_false = value["Fn::If"]
        if condition in decided:
            return _chosen(when_true if decided[condition] else when_false, decided)
    return {key: _chosen(item, decided) for key, item in value.items()}
