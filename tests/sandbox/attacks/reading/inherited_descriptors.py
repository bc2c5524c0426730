"""Uses what the runner forgot to close."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have any descriptor but its three streams",
    outside="the runner's answers are whole",
    source="""
for n in range(3, 1024):
    with denied: os.fstat(n); won(n)
if os.fstat(0).st_rdev != os.stat('/dev/null').st_rdev: won('stdin')
""",
)
