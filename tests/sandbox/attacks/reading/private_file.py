"""Reads a file that only the runner's uid may read."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to open it",
    outside="the secret in it is not in what was printed",
    weaker=Weaker(
        unless=("landlock", "separate_uid"),
        why="without Landlock, files of our uid can be read",
    ),
    source="""
with denied: won(open(f'{outside}/secret').read())
""",
)
