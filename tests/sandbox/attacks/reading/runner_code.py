"""Reads the runner's own code, to look for a way out."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to open a module of the runner or list its folder",
    outside="the code is not in what was printed",
    weaker=Weaker(
        unless=("landlock",),
        why="without Landlock, what every user can read is readable",
    ),
    source="""
with denied: won(open(code).read(40))
with denied: won(os.listdir(os.path.dirname(code)))
""",
)
