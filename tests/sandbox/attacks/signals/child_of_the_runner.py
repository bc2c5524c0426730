"""Makes a child of the runner's instead of its own, to confuse whoever waits."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to clone with CLONE_PARENT",
    outside="the runner's answers are right, and it has no child left",
    source="""
with denied:
    child = call('clone', 0x8000 | signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0: os._exit(0)
    won(child)
""",
)
