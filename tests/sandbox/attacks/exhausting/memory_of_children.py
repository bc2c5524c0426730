"""Takes memory in many processes, each of which has little."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have more memory in all of them together than the limit",
    outside="it is killed for it, no process is left, and the next run prints 1",
    ends=("MEMORY_LIMIT_EXCEEDED",),
    harmless=False,
    limits={"run_memory_mib": 64},
    source="""
for _ in range(8):
    if os.fork() == 0:
        kept = os.urandom(20_000_000)
        time.sleep(30)
        os._exit(0)
time.sleep(10)
won('it was let')
""",
)
