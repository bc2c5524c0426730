"""Ends its main thread, so that the process looks dead and empty, and takes memory with another."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have more memory than the limit for longer than a moment",
    outside="it is killed for it, and the next run prints 1",
    ends=("MEMORY_LIMIT_EXCEEDED",),
    harmless=False,
    limits={"run_memory_mib": 64},
    source="""
def grow():
    kept = []
    for _ in range(300): kept.append(b'x' * 1_000_000)
    time.sleep(10)
    won('it was let')
    os._exit(0)
threading.Thread(target=grow).start()
call({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)  # exit: this thread alone
""",
)
