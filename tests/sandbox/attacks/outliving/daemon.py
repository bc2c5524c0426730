"""Becomes a daemon: double fork, a session of its own, streams closed."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="live longer than the run",
    outside="no process of the run is left, and the next run prints 1",
    source="""
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir('/')
        for n in range(3): os.close(n)
        while True: time.sleep(600)
    os._exit(0)
""",
)
