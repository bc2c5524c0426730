"""Kills PID 1, and with it the container."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to signal PID 1",
    outside="PID 1 is the same",
    source="""
for number in (0, signal.SIGTERM, signal.SIGKILL):
    with denied: os.kill(1, number); won(number)
""",
)
