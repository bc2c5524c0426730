"""Renames the folder that holds the folders of all runs."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="keep later runs from having a folder",
    outside="the next run prints 1",
    hole=Weaker(
        unless=("landlock", "separate_uid"), why="a program of our uid can rename the folder of runs: none starts later"
    ),
    source="""
with denied: os.rename(base, f'{base}-{token}'); won('renamed')
""",
)
