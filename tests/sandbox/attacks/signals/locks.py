"""Holds the lock that runners take before they make or remove a folder."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to open what they lock",
    outside="the next run starts",
    weaker=Weaker(
        unless=("landlock", "separate_uid"), why="the folder of runs is our uid's; the lock ends with the run"
    ),
    source="""
for path in (base, other_run, *glob.glob(f'{base}/*.lock')):
    with denied: fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB); won(path)
""",
)
