"""Leaves System V semaphores."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make them",
    outside="the kernel lists none of its user",
    source="""
with denied: won(call('semget', 0x4c43, 1, 0o1666))
""",
)
