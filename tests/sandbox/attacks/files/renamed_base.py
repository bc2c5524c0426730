"""Renames the folder that holds the folders of all runs."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep later runs from having a folder",
    outside="the next run prints 1",
    source="""
with denied: os.rename(base, f'{base}-{token}')
""",
)
