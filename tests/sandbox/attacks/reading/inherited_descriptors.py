"""Uses what the runner forgot to close."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have any descriptor but its three streams",
    outside="the runner's answers are whole",
    source="""
for n in inherited:
    won(n)
if not stat.S_ISFIFO(os.fstat(0).st_mode) or os.read(0, 1): won('stdin')
""",
)
