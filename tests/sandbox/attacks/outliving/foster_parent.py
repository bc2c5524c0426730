"""Adopts its own orphans, so that the runner does not get them."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep a process from the runner that way",
    outside="no process of the run is left",
    source="""
libc.prctl(36, 1)
if os.fork() == 0:
    libc.prctl(36, 1)
    libc.prctl(4, 0)
    for _ in range(5):
        if os.fork() == 0:
            if os.fork() == 0:
                os.setsid()
                while True: time.sleep(600)
            os._exit(0)
    while True: time.sleep(600)
""",
)
