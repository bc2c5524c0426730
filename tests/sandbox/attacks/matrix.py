"""Prints which layer alone stops which attack: a table in Markdown, kept in docs/security.md by `make attacks`.

    python -m tests.sandbox.attacks.matrix [docs/security.md]

Each column is a runner with these layers and no others; the launcher and the subreaper are always on. An attack that
would do harm if it succeeded is run only behind the layers that the runner always has. Needs root, to have the uids.
"""

import itertools
import multiprocessing
import os
import re
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from livecode_runner.config import SandboxSettings
from livecode_runner.sandbox import Layer, layers
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack, load_attacks

PATH = SandboxSettings().sandbox_path
NAMESPACES = (*layers.NAMESPACES, Layer.CGROUP)
SWITCHED = (Layer.DUMPABLE, Layer.SECCOMP, Layer.LANDLOCK, Layer.SEPARATE_UID, *NAMESPACES)
COLUMNS: dict[str, tuple[Layer, ...]] = {
    "launcher": (),
    "+ dumpable": (Layer.DUMPABLE,),
    "+ seccomp": (Layer.SECCOMP,),
    "+ Landlock": (Layer.LANDLOCK,),
    "+ own uid": (Layer.SEPARATE_UID,),
    "+ namespaces": (Layer.SEPARATE_UID, *NAMESPACES),
    "both": (Layer.DUMPABLE, Layer.SECCOMP),
    "and Landlock": (Layer.DUMPABLE, Layer.SECCOMP, Layer.LANDLOCK),
    "all": SWITCHED,
}
PROTECTED = ("both", "and Landlock", "all")
_BEGIN, _END = "<!-- the matrix, made by `make attacks` -->\n", "<!-- the end of the matrix -->\n"


def judge_column(column: str, first_uid: int) -> dict[str, str]:
    """Tries all attacks behind the layers of a column; returns for each open, shut, or - for one that is not run."""
    attacks, uids = load_attacks(), itertools.count(first_uid)
    without = [str(layer) for layer in SWITCHED if layer not in COLUMNS[column]]
    words, arena = {}, None
    try:
        for name, attack in attacks.items():
            if not attack.harmless and column not in PROTECTED:
                words[name] = "-"
                continue
            if arena is not None and arena.damaged:
                arena.close()
                arena = None
            if arena is None:
                arena = Arena(PATH, without=without, uid=None if Layer.SEPARATE_UID in COLUMNS[column] else next(uids))
            words[name] = arena.attempt(attack, attack_the_runner=False).word
    finally:
        if arena is not None:
            arena.close()
    return words


def render(attacks: dict[str, Attack], words: dict[str, dict[str, str]]) -> str:
    lines = [f"| attack | {' | '.join(COLUMNS)} |", f"| --- |{' --- |' * len(COLUMNS)}"]
    for name in attacks:
        cells = (f"**{word}**" if word == "open" else word for word in (words[column][name] for column in COLUMNS))
        lines.append(f"| {name.replace('.', ': ').replace('_', ' ')} | {' | '.join(cells)} |")
    counts = ([words[column][name] for name in attacks].count("open") for column in COLUMNS)
    lines.append(f"| **open, of {len(attacks)}** | {' | '.join(map(str, counts))} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    if os.geteuid() != 0:
        sys.exit("the matrix needs root: it runs runners under uids of its own")
    attacks = load_attacks()
    # 35 a column: each arena has a uid that none had before.
    first_uids = range(61000 + os.getpid() % 9 * 320, 64000, 35)
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        words = dict(zip(COLUMNS, pool.map(judge_column, COLUMNS, first_uids), strict=True))
    table = render(attacks, words)
    print(table)  # noqa: T201
    for path in map(Path, sys.argv[1:]):
        text = path.read_text()
        path.write_text(re.sub(f"(?s){re.escape(_BEGIN)}.*{re.escape(_END)}", lambda _: _BEGIN + table + _END, text))


if __name__ == "__main__":
    main()
