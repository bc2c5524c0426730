"""Lives on in children that each live for a moment only, ahead of whoever lists processes."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="outrun the sweep",
    outside="no process of the run is left, and the next run prints 1",
    harmless=False,
    source="""
for _ in range(8):
    if os.fork() == 0:
        os.setsid()
        while True:
            with denied:
                if os.fork() > 0: os._exit(0)
""",
)
