"""Values for the template's parameters, as a user writes them."""

from collections.abc import Sequence
from pathlib import Path

from livecode_embedded.errors import StackError
from livecode_embedded.functions import ENVIRONMENTS_PER_FUNCTION
from livecode_embedded.system_path import SYSTEM_PATH


def parse_parameters(text: str, more: Sequence[str] = ()) -> dict[str, str]:
    """Parses `Key=Value,Key=Value` in `text` (a setting) and `Key=Value` in each of `more` (options).

    Raises StackError.
    """
    parameters = {}
    for pair in filter(None, [*_pairs(text), *more]):
        name, separator, value = pair.partition("=")
        if not separator:
            raise StackError(f"A template parameter is given as Key=Value, not as {pair!r}.")
        parameters[name.strip()] = value
    return parameters


def own_parameters(state: Path, database_url: str) -> dict[str, str]:
    """Returns the parameters that a stack on this machine sets itself: database, cores, the toolchain's programs."""
    # The template's default is for an account that has just been made; here the cores are the limit.
    parameters = {"DatabaseUrl": database_url, "RunnerConcurrency": str(ENVIRONMENTS_PER_FUNCTION)}
    programs = state / "toolchain" / "bin"
    if programs.is_dir():
        parameters["SandboxPath"] = f"{programs}:{SYSTEM_PATH}"
    return parameters


def _pairs(text: str) -> list[str]:
    """Splits at commas; one that no key follows is part of the value before it."""
    pairs: list[str] = []
    for piece in text.split(","):
        if "=" in piece or not pairs:
            pairs.append(piece)
        else:
            pairs[-1] += f",{piece}"
    return pairs
