"""Leaves a System V shared memory segment, which outlives every process."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make one",
    outside="the kernel lists none of its user",
    source="""
with denied: won(call('shmget', 0x4c43, 4096, 0o1666))
""",
)
