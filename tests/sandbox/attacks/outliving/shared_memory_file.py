"""Leaves POSIX shared memory with a message for the next run."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="find it again in a later run",
    outside="nothing that bears its name, or is of its user, is in /dev/shm",
    weaker=Weaker(
        unless=("clean_folders",),
        why="a new file may be that of others of our uid",
        changes=frozenset({"shared folders"}),
    ),
    source="""
with denied: open(f'/dev/shm/livecode-{token}', 'w').write('hello')
with denied: os.mkdir(f'/dev/shm/livecode-{token}-folder')
""",
)
