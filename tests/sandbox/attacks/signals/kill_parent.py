"""Kills and stops whoever is its parent."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to signal its parent, which is the runner",
    outside="the runner lives and answers",
    harmless=False,
    source="""
for number in (0, signal.SIGSTOP, signal.SIGKILL):
    with denied: os.kill(os.getppid(), number); won(number)
""",
)
