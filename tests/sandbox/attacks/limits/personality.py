"""Switches off the randomisation of addresses, or makes all memory executable."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change its personality",
    outside="the runner lives",
    source="""
for persona in (0x0040000, 0x0400000, 0x0008):
    with denied: call('personality', persona); won(hex(persona))
""",
)
