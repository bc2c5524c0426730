"""Kills and stops whoever is its parent."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to signal its parent, which is the runner, or the init of its PID namespace",
    outside="the runner lives and answers",
    harmless=False,
    source="""
parent = os.getppid() or 1  # 0: the parent is outside of the namespace
for number in (0, signal.SIGSTOP, signal.SIGKILL):
    with denied: os.kill(parent, number); won(number)
""",
)
