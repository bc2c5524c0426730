"""Takes memory in a mapping that processes share."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have more of it than the limit",
    outside="it is killed for it, and the next run prints 1",
    ends=("MEMORY_LIMIT_EXCEEDED",),
    harmless=False,
    limits={"run_memory_mib": 64},
    source="""
import mmap
mapping = mmap.mmap(-1, 150_000_000)
if os.fork() == 0: time.sleep(30); os._exit(0)
for start in range(0, 150_000_000, 4096): mapping[start] = 1
time.sleep(10)
won('it was let')
""",
)
