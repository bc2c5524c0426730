"""Forks children that end their main threads and share out the memory that is too much for one."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have more memory than the limit, all processes together, for longer than a moment",
    outside="it is killed for it, and the next run prints 1",
    ends=("MEMORY_LIMIT_EXCEEDED",),
    harmless=False,
    limits={"run_memory_mib": 64},
    source="""
def grow():
    time.sleep(0.1)
    kept = b'x' * 30_000_000
    time.sleep(10)
    os._exit(len(kept) > 0)
for _ in range(8):
    if os.fork() == 0:
        threading.Thread(target=grow).start()
        call({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)
time.sleep(10)
won('it was let')
""",
)
