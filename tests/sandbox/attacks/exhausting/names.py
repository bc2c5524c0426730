"""Gives one file more names than anybody would look at."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make names without end",
    outside="it is killed, the folder is gone, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 2},
    source="""
open('0', 'w').close()
for n in range(1, 30_000): os.link('0', str(n))
time.sleep(10)
won('it was let')
""",
)
