"""Opens files until there are no more."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="open more than 1,024",
    outside="the runner and the other run live, and the next run prints 1",
    harmless=False,
    source="""
kept = []
with denied:
    while len(kept) < 5000: kept.append(os.open('/dev/null', os.O_RDONLY))
if len(kept) >= 1024: won(len(kept))
""",
)
