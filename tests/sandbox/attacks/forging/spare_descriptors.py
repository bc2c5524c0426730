"""Writes to every descriptor there might be, the launcher's status pipe (3) first."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to write to anything but its own two streams",
    outside="what it tried to say is not taken for a result",
    source=r"""
for n in range(3, 1024):
    with denied: os.write(n, b'error exec 2\n'); won(n)
""",
)
