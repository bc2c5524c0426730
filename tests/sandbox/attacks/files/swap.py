"""Swaps a folder and a link as fast as it can, for the measuring and the removal to fall into."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="lead whoever walks the tree out of it",
    outside="the files of the others are as they were, and no process is left",
    source="""
os.mkdir('x'); os.mkdir('x/inner'); os.symlink(outside, 'y')
if os.fork() == 0:
    os.setsid()
    while True:
        with denied: os.rename('x', 'z'); os.rename('y', 'x'); os.rename('z', 'y')
end = time.monotonic() + 0.1
while time.monotonic() < end:
    with denied: os.rename('x', 'w'); os.rename('y', 'x'); os.rename('w', 'y')
""",
)
