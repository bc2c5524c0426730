"""Lets a daemon write into the output after the program ended well, and change its exit."""

from livecode.domain import Outcome
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack


def _was_believed(arena: Arena, outcome: Outcome) -> str | None:
    return None if outcome.exit_code == 7 else "it was believed"


ATTACK = Attack(
    must_not="change the result of the run",
    outside="exit code and verdict are those of the main process",
    ends=("RUNTIME_ERROR",),
    witness=_was_believed,
    source="""
if os.fork() == 0:
    os.setsid()
    while True: time.sleep(600)
if os.fork() == 0: os._exit(0)
os._exit(7)
""",
)
