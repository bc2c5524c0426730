"""Stops itself, to be waited for until the end of days."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="outlast its time",
    outside="it is ended at its time limit, and no process is left",
    ends=("TIMEOUT",),
    harmless=False,
    limits={"run_wall_time_seconds": 1},
    source="""
os.kill(os.getpid(), signal.SIGSTOP)
""",
)
