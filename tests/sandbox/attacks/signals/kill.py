"""Kills runners and runs."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="reach any process but its own with kill",
    outside="the runner, the victim and the other run live",
    source="""
for pid in targets:
    for number in (0, signal.SIGKILL):
        with denied: os.kill(pid, number); won(pid)
""",
)
