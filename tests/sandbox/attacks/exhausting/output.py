"""Prints without end, so that the runner does nothing but read."""

from livecode.domain import Outcome
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack


def _kept_too_much(arena: Arena, outcome: Outcome) -> str | None:
    return "it kept too much" if len(outcome.stdout) > 100 * 1024 else None


ATTACK = Attack(
    must_not="print more than the limit, or keep the runner from answering",
    outside="it is killed for it, and what is kept is short",
    ends=("OUTPUT_LIMIT_EXCEEDED",),
    harmless=False,
    witness=_kept_too_much,
    source="""
chunk = b'x' * 65536
while True: os.write(1, chunk)
""",
)
