"""Leaves files in /var/tmp, which survives a restart."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="find them again in a later run",
    outside="nothing that bears its name, or is of its user, is there",
    weaker=Weaker(
        unless=("clean_folders",),
        why="a new file may be that of others of our uid",
        changes=frozenset({"shared folders"}),
    ),
    source="""
with denied: os.makedirs(f'/var/tmp/livecode-{token}/a/b/c')
with denied: os.chmod(f'/var/tmp/livecode-{token}', 0)
with denied: open(f'/var/tmp/.livecode-{token}', 'w').write('x')
""",
)
