"""Reads the memory of another run."""

from tests.sandbox.attacks.attack import ONE_RUN_A_MACHINE, Attack

ATTACK = Attack(
    must_not="be able to open the memory, or to see the mappings, of another run",
    outside="the secret in that memory is not in what was printed",
    weaker=ONE_RUN_A_MACHINE,
    source="""
with denied: won(open(f'/proc/{other}/maps').readline())
with denied: won(open(f'/proc/{other}/mem', 'rb', buffering=0).fileno())
""",
)
