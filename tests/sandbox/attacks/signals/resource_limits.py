"""Lowers the limits of a runner until it can do nothing."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change or read the limits of another process",
    outside="the limits of the runner, the victim and the other run are as they were",
    source="""
for pid in targets:
    for what in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CPU, resource.RLIMIT_AS):
        with denied: resource.prlimit(pid, what, (1000, 1000)); won((pid, what))
""",
)
