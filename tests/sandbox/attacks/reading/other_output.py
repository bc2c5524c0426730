"""Reads what another run prints, out of its pipe."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to open the descriptors of another run",
    outside="the secret that it printed is not in what was printed here, and its runner lives",
    weaker=Weaker(
        unless=("landlock", "separate_uid"), why="only Landlock keeps runs of one uid apart; Lambda has one a machine"
    ),
    source="""
for n in (0, 1, 2):
    with denied: won(os.open(f'/proc/{other}/fd/{n}', os.O_RDONLY | os.O_NONBLOCK))
""",
)
