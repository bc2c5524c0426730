"""Burns every core, and ignores polite requests to end."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="run longer than its time",
    outside="it is ended at its time limit, no process is left, and the next run prints 1",
    ends=("TIMEOUT",),
    harmless=False,
    limits={"run_wall_time_seconds": 1},
    source="""
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGXCPU, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
for _ in range(2): os.fork()
while True: pass
""",
)
