"""Lends a test's state folder what `make setup` has fetched: node, and Postgres where the system has none."""

from pathlib import Path

TOOLCHAIN = Path(__file__).parents[1] / ".livecode/toolchain"


def link_toolchain(state: Path) -> None:
    link = state / "toolchain"
    if TOOLCHAIN.exists() and not link.exists():
        link.symlink_to(TOOLCHAIN.resolve())
