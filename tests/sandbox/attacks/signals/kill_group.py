"""Signals process groups that are not its own."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="reach the process groups of a runner or of another run, nor join them",
    outside="the runner, the victim and the other run live",
    source="""
for pid in targets:
    group = pid
    with denied: group = os.getpgid(pid)
    with denied: os.setpgid(0, group); won('joined')
    with denied: os.killpg(group, signal.SIGKILL); won(pid)
""",
)
