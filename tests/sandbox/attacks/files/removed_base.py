"""Removes the folder that holds the folders of all runs, with all that is in it."""

from dataclasses import replace

from tests.sandbox.attacks.attack import ONE_RUN_A_MACHINE, Attack

ATTACK = Attack(
    must_not="keep later runs from having a folder",
    outside="the next run prints 1; of the folders that runs have there, none is gone",
    weaker=replace(ONE_RUN_A_MACHINE, changes=frozenset({"files"})),
    source="""
import shutil
shutil.rmtree(base, ignore_errors=True)
""",
)
