"""The languages we run: one row each; adding one is a row here, a line of the Dockerfile and an echo program."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Language:
    """How to compile and run a program. Commands are argument lists, run inside the run's own folder.

    `optional_libraries` says which library an argument of `compile` is for: without it, the argument is left out.
    `echo_source` prints one line, `hello from <name>`: the smallest proof that the language works.
    """

    name: str
    aliases: tuple[str, ...]
    source_file: str
    compile: tuple[str, ...] | None = None
    optional_libraries: tuple[tuple[str, str], ...] = ()
    run: tuple[str, ...]
    version: tuple[str, ...]
    echo_source: str


PYTHON = Language(
    name="python",
    aliases=("py",),
    source_file="main.py",
    run=("python3", "main.py"),
    version=("python3", "--version"),
    echo_source='print("hello from python")\n',
)
JAVASCRIPT = Language(
    name="javascript",
    aliases=("js", "node"),
    source_file="main.js",
    run=("node", "main.js"),
    version=("node", "--version"),
    echo_source='console.log("hello from javascript");\n',
)
# Atomics of 16 bytes are calls of a library that g++ does not link by itself; a program without them does not load it.
_ATOMICS = "-Wl,--push-state,--as-needed,-latomic,--pop-state"
CPP = Language(
    name="c++",
    aliases=("cpp", "cxx"),
    source_file="main.cpp",
    compile=("g++", "-std=gnu++20", "-O2", "-Wall", "-Wextra", "-pthread", "-o", "main", "main.cpp", _ATOMICS),
    optional_libraries=((_ATOMICS, "libatomic.so"),),
    run=("./main",),
    version=("g++", "-dumpfullversion"),
    echo_source='#include <iostream>\nint main() { std::cout << "hello from c++\\n"; }\n',
)

LANGUAGES: dict[str, Language] = {language.name: language for language in (PYTHON, JAVASCRIPT, CPP)}

_BY_NAME_OR_ALIAS = {name: language for language in LANGUAGES.values() for name in (language.name, *language.aliases)}


def find_language(name: str) -> Language | None:
    """Finds the language of exactly this name or alias, in lower case; None if there is none."""
    return _BY_NAME_OR_ALIAS.get(name)
