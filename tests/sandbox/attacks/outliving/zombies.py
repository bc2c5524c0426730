"""Leaves as many zombies as it may."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="leave them to the runner",
    outside="the runner has no child left, and the next run prints 1",
    source="""
with denied:
    for _ in range(1000):
        if (child := os.fork()) == 0: os._exit(0)
        if _ > 40: break
""",
)
