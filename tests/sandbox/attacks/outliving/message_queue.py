"""Leaves a System V message queue with a message for the next run."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make one",
    outside="the kernel lists none of its user",
    source="""
with denied: won(call('msgget', 0x4c43, 0o1666))
""",
)
