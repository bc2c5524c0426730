"""Kills everything that it may."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="hit anything that is not its own",
    outside="the runner, the victim and the other run live",
    ends=("end", "SIGKILL"),
    harmless=False,
    source="""
with denied: os.kill(-1, signal.SIGKILL)
""",
)
