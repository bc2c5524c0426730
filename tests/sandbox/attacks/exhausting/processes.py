"""Starts processes until there are no more."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have many more than 64",
    outside="no process is left, and the next run prints 1",
    harmless=False,
    ends=("end", "SIGKILL"),
    source="""
started = 0
with denied:
    while started < 200:
        if os.fork() == 0: time.sleep(30); os._exit(0)
        started += 1
if started > 64: won(started)
""",
)
