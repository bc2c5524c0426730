"""Leaves children that are stopped and would not notice a polite signal."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="leave them behind",
    outside="no process of the run is left",
    source="""
for _ in range(10):
    if os.fork() == 0:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        os.setsid()
        os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)
""",
)
