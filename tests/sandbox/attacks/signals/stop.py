"""Stops the runner, so that nobody watches any more."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to stop a process that is not its own",
    outside="no victim is stopped",
    source="""
for pid in targets:
    for number in (signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN):
        with denied: os.kill(pid, number); won(pid)
""",
)
