"""Names the files that the Makefile builds, and the launcher's arguments that follow from them and from the layers."""

from collections.abc import Mapping
from pathlib import Path

from livecode_runner.sandbox.layers import NAMESPACES, Layer

_SANDBOX = Path(__file__).parents[1]
BUILD = _SANDBOX / "build"
LAUNCHER = str(BUILD / "launcher")
SITECUSTOMIZE = _SANDBOX / "python" / "sitecustomize.py"


def filter_argument(own_uid: bool) -> str:
    """Names the seccomp filter: `own_uid` for a run whose uid no other process has."""
    return f"filter={BUILD / ('filter-own_uid.bpf' if own_uid else 'filter-shared_uid.bpf')}"


def namespace_arguments(layers: Mapping[Layer, bool]) -> list[str]:
    """Names the namespaces that are on."""
    return [f"namespace={kind}" for layer, kind in NAMESPACES.items() if layers[layer]]
