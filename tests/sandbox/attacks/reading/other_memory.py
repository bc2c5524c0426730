"""Reads the memory of another run."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to open the memory, or to see the mappings, of another run",
    outside="the secret in that memory is not in what was printed",
    weaker=Weaker(
        unless=("landlock", "separate_uid"), why="only Landlock keeps runs of one uid apart; Lambda has one a machine"
    ),
    source="""
with denied: won(open(f'/proc/{other}/maps').readline())
with denied: won(open(f'/proc/{other}/mem', 'rb', buffering=0).fileno())
""",
)
