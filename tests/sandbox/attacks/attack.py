"""What one attack is: a program, what it must not be able to do, and what it would look like if it could.

A program calls `won(what)` when it did what it must not; its last line is `end`, so that one that broke is not taken
for one that failed. What it says is not believed alone: arena.py looks at the victims from outside.
"""

import importlib
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livecode_runner.sandbox.kernel.syscalls import SYSCALLS

if TYPE_CHECKING:
    from livecode.domain import Outcome
    from tests.sandbox.attacks.arena import Arena

GROUPS = ("reading", "network", "signals", "outliving", "files", "exhausting", "limits", "forging")

_COLUMN = {"x86_64": 0, "aarch64": 1}[platform.machine()]
# What was inherited is looked at first: from libffi 3.8 on, importing ctypes opens libffi's own file and keeps it open.
_PYTHON = """
import os
inherited = [n for n in range(3, 1024) if os.path.exists(n)]
import contextlib, ctypes, errno, fcntl, glob, os, resource, signal, socket, stat, struct, subprocess, sys
import threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(name, *arguments):
    arguments = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(SYS[name] if isinstance(name, str) else name, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
def won(what=''):
    print('open', what, flush=True)
denied = contextlib.suppress(OSError, ValueError)
"""
_JAVASCRIPT = "const won = what => console.log('open', what);\n"
_CPP = """
#include <cstdio>
static void won(const char *what) { std::printf("open %s\\n", what); std::fflush(stdout); }
"""


@dataclass(frozen=True, kw_only=True)
class Weaker:
    """A documented exception: the attack succeeds where none of these layers is on. None named: it always does.

    `where` says on which machines at all: some have no /dev/shm.
    """

    unless: tuple[str, ...]
    why: str
    changes: frozenset[str] = frozenset()  # what it is then seen to change
    where: Callable[[], bool] = lambda: True


ONE_RUN_A_MACHINE = Weaker(
    unless=("landlock", "separate_uid"), why="only Landlock keeps runs of one uid apart; Lambda has one a machine"
)
OTHERS_OF_OUR_UID = Weaker(
    unless=("clean_folders",),
    why="a new file may be that of others of our uid",
    changes=frozenset({"shared folders"}),
)


@dataclass(frozen=True, kw_only=True)
class Attack:
    """`must_not` and `outside` are for the reader: what is impossible, and how it is seen from outside."""

    must_not: str
    outside: str
    source: str
    language: str = "python"
    ends: tuple[str, ...] = ("end",)  # what a fair end looks like: `end`, a signal, a reason, or a status
    harmless: bool = True  # if it succeeds; otherwise it is never tried without the layers that stop it
    weaker: Weaker | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    witness: "Callable[[Arena, Outcome], str | None]" = lambda arena, outcome: None  # says what else went wrong

    def is_excused(self, layers: Mapping[str, bool]) -> bool:
        if self.weaker is None or any(layers[name] for name in self.weaker.unless):
            return False
        return self.weaker.where()

    def program(self, facts: Mapping[str, Any]) -> str:
        """With what every attack may know: the victims' process ids, ports and paths."""
        if self.language == "python":
            known = {**facts, "SYS": {name: numbers[_COLUMN] for name, numbers in SYSCALLS.items()}}
            assignments = "\n".join(f"{name} = {value!r}" for name, value in known.items())
            return f"{assignments}\n{_PYTHON}\n{self.source}\nprint('end', flush=True)"
        if self.language == "javascript":
            assignments = "\n".join(f"const {name} = {value!r};" for name, value in facts.items())
            return f"{assignments}\n{_JAVASCRIPT}\n{self.source}\n"
        defines = "\n".join(
            f"#define {name.upper()} {value}" if isinstance(value, int) else f'#define {name.upper()} "{value}"'
            for name, value in facts.items()
            if isinstance(value, int | str)
        )
        return f"{defines}\n{_CPP}\n{self.source}\n"


def load_attacks() -> dict[str, Attack]:
    """By `group.name`, one module each."""
    here = Path(__file__).parent
    attacks = {}
    for group in GROUPS:
        for path in sorted((here / group).glob("*.py")):
            module = importlib.import_module(f"tests.sandbox.attacks.{group}.{path.stem}")
            attacks[f"{group}.{path.stem}"] = module.ATTACK
    return attacks
