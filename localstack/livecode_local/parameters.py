"""Values for the template's parameters, as a user writes them."""

from collections.abc import Sequence

from livecode_local.errors import StackError


def parse_parameters(text: str, more: Sequence[str] = ()) -> dict[str, str]:
    """`Key=Value,Key=Value` of `text` (a setting) and `Key=Value` of each of `more` (options); raises StackError."""
    parameters = {}
    for pair in filter(None, [*_pairs(text), *more]):
        name, separator, value = pair.partition("=")
        if not separator:
            raise StackError(f"A template parameter is given as Key=Value, not as {pair!r}.")
        parameters[name.strip()] = value
    return parameters


def _pairs(text: str) -> list[str]:
    """A comma that no key follows is part of the value before it."""
    pairs: list[str] = []
    for piece in text.split(","):
        if "=" in piece or not pairs:
            pairs.append(piece)
        else:
            pairs[-1] += f",{piece}"
    return pairs
