"""Lists the folders of all runs."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="see the names of other runs' folders, let alone what is in them",
    outside="the other run's files are unchanged",
    weaker=Weaker(
        unless=("landlock", "separate_uid"),
        why="the folder of runs belongs to the shared uid",
    ),
    source="""
with denied: won(os.listdir(base))
with denied: won(os.listdir(other_run))
""",
)
