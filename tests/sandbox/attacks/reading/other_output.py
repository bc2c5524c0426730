"""Reads what another run prints, out of its pipe."""

from tests.sandbox.attacks.attack import ONE_RUN_A_MACHINE, Attack

ATTACK = Attack(
    must_not="be able to open the descriptors of another run",
    outside="the secret that it printed is not in what was printed here, and its runner lives",
    weaker=ONE_RUN_A_MACHINE,
    source="""
for n in (0, 1, 2):
    with denied: won(os.open(f'/proc/{other}/fd/{n}', os.O_RDONLY | os.O_NONBLOCK))
""",
)
