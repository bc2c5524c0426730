"""Leaves files at home, in TMPDIR and where Python looks for modules."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="find them again in a later run",
    outside="the folder of the run is gone",
    source="""
for place in (os.environ['HOME'], os.environ['TMPDIR'], os.environ['PYTHONPATH'], '.', '..'):
    with denied: open(f'{place}/.left', 'w').write('x')
    with denied: os.mkdir(f'{place}/left')
""",
)
