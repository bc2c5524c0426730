"""Leaves files among the runs' folders that look like locks of a runner's."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="find them again in a later run",
    outside="nothing is left among the folders of the runs",
    source="""
for name in ('uid-5.lock', 'uid-60100.lock', 'uid-77777.lock'):
    with denied: open(f'{base}/{name}', 'w').write('x'); os.chmod(f'{base}/{name}', 0)
with denied: os.makedirs(f'{base}/uid-60101.lock/inner')
with denied: os.symlink(outside, f'{base}/uid-60102.lock')
with denied: os.mkfifo(f'{base}/uid-60103.lock')
""",
)
