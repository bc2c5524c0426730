"""Ends itself in the way the runner would for too much memory."""

from livecode.domain import Outcome
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack


def _was_believed(arena: Arena, outcome: Outcome) -> str | None:
    return None if str(outcome.reason) == "RUNTIME_ERROR" else "it was believed"


ATTACK = Attack(
    must_not="have its own exit taken for a limit",
    outside="the verdict is a runtime error",
    ends=("SIGKILL",),
    witness=_was_believed,
    source="""
print('Killed', file=sys.stderr)
os.kill(os.getpid(), signal.SIGKILL)
""",
)
