"""Takes memory with a list that grows."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have more memory than the limit for longer than a moment",
    outside="it is killed for it, and the next run prints 1",
    ends=("MEMORY_LIMIT_EXCEEDED",),
    harmless=False,
    limits={"run_memory_mib": 64},
    source="""
kept = []
for _ in range(300): kept.append(b'x' * 1_000_000)
time.sleep(10)
won('it was let')
""",
)
