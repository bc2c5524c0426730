"""Leaves a file among the runs' folders that looks like a lock of the runner's."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to write there",
    outside="no lock but the runner's own is there",
    weaker=Weaker(
        unless=("landlock", "separate_uid"),
        why="the folder of runs is an older folder of the shared uid",
        changes=frozenset({"lock files"}),
    ),
    source="""
with denied: open(f'{base}/uid-77777.lock', 'w').write('x'); won('written')
""",
)
