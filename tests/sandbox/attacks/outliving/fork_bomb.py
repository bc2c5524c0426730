"""Forks for ever, within the limit of processes, after its first process has ended."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="outrun the sweep",
    outside="no process of the run is left, and the next run prints 1",
    harmless=False,
    source="""
if os.fork() == 0:
    os.setsid()
    while True:
        with denied: os.fork()
""",
)
