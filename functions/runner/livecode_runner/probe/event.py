"""Tells the event that asks for a probe from those that the queue brings."""

from collections.abc import Mapping
from typing import Any

VERSION = 1


def is_probe(event: Mapping[str, Any]) -> bool:
    """Whether whoever invokes the function asks for a probe: `{"probe": {"version": 1}}`.

    An event with `Records` comes from a queue and never is one, whatever else it holds: what strangers could bring into
    a message must not start one.
    """
    return "probe" in event and "Records" not in event


def why_refused(event: Mapping[str, Any]) -> str | None:
    """Says why the event of a probe is refused; None if it asks for a version that this runner knows."""
    if event == {"probe": {"version": VERSION}}:
        return None
    return f'the event is not {{"probe": {{"version": {VERSION}}}}}, which is all that this runner knows'
