"""Leaves files in /tmp."""

from tests.sandbox.attacks.attack import OTHERS_OF_OUR_UID, Attack

ATTACK = Attack(
    must_not="find them again in a later run",
    outside="nothing that bears its name, or is of its user, is there",
    weaker=OTHERS_OF_OUR_UID,
    source="""
with denied: os.makedirs(f'/tmp/livecode-{token}/a/b/c')
with denied: open(f'/tmp/.livecode-{token}', 'w').write('x')
with denied: os.symlink('/etc', f'/tmp/livecode-{token}-link')
""",
)
