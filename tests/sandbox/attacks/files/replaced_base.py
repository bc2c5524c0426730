"""Renames the folder that holds the folders of all runs, and puts one of its own in its place."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep later runs from having a folder, nor leave there what they find",
    outside="the next run prints 1; the folder and what it held is as it was",
    source="""
with denied:
    os.rename(base, f'{base}-{token}')
    os.makedirs(f'{base}/run-0000/work')
    open(f'{base}/uid-60100.lock', 'w').write('x')
    os.chmod(f'{base}/run-0000', 0)
    os.chmod(base, 0)
""",
)
