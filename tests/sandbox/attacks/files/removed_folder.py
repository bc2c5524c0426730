"""Removes the folder of its own run, and lives on."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make a failure of ours out of what it does while we look",
    outside="it comes to its end, and the next run prints 1",
    source="""
import shutil
shutil.rmtree(os.path.dirname(os.getcwd()), ignore_errors=True)
time.sleep(1.2)
""",
)
