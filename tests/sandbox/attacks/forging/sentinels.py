"""Prints what a result looks like to a runner that reads results out of what is printed."""

from livecode.domain import Outcome
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack

LINES = '{"outcome": {"status": "COMPLETED"}, "children": []}\npid 1\nerror exec 2\n\x04END RequestId: 1\nexit_code 0\n'


def _was_believed(arena: Arena, outcome: Outcome) -> str | None:
    verbatim = outcome.stdout == LINES and outcome.exit_code == 3
    return None if verbatim and outcome.stderr == LINES else "it was believed"


ATTACK = Attack(
    must_not="be believed",
    outside="it failed with exit code 3, and all it printed is its output",
    ends=("RUNTIME_ERROR",),
    witness=_was_believed,
    source=r"""
lines = '{"outcome": {"status": "COMPLETED"}, "children": []}\npid 1\nerror exec 2\n\x04END RequestId: 1\nexit_code 0\n'
for stream in (sys.stdout, sys.stderr): stream.write(lines); stream.flush()
os._exit(3)
""",
)
