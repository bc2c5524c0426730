"""The process itself: its user, its capabilities, and what it has been given."""

import os
from pathlib import Path

from . import INHERITED_DESCRIPTORS
from .calls import Json, Observer
from .kernel import read_line

_OWN = Path("/proc/self")
_CAPABILITIES = {
    "effective": "CapEff",
    "permitted": "CapPrm",
    "inheritable": "CapInh",
    "ambient": "CapAmb",
    "bounding": "CapBnd",
}


def own_status() -> dict[str, str]:
    """Reads /proc/self/status (proc(5)), by field."""
    lines = (_OWN / "status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def capabilities() -> Json:
    status = own_status()
    masks = {name: int(status[field], 16) for name, field in _CAPABILITIES.items()}
    return {name: f"{mask.bit_count()} ({mask:#x})" if mask else "none" for name, mask in masks.items()}


OBSERVERS: dict[str, Observer] = {
    "uid": lambda: list(dict.fromkeys(os.getresuid())),
    "gid": lambda: list(dict.fromkeys(os.getresgid())),
    "groups": lambda: list(os.getgroups()),
    "uid_map": lambda: read_line(_OWN / "uid_map"),
    "gid_map": lambda: read_line(_OWN / "gid_map"),
    "setgroups": lambda: read_line(_OWN / "setgroups"),
    "capabilities": capabilities,
    "no_new_privs": lambda: own_status()["NoNewPrivs"] == "1",
    "seccomp_mode": lambda: {"0": "off", "1": "strict", "2": "filter"}[own_status()["Seccomp"]],
    "seccomp_filters": lambda: int(own_status()["Seccomp_filters"]),
    "environment_variables": lambda: (_OWN / "environ").read_bytes().count(b"\0"),
    "descriptors": lambda: list(INHERITED_DESCRIPTORS),
}
