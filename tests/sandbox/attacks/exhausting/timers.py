"""Makes timers and pending signals without end."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make more than the kernel grants a user, or disturb the runner",
    outside="the runner and the other run live, and the next run prints 1",
    harmless=False,
    source="""
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGRTMIN + 1})
identifier = ctypes.c_int()
event = struct.pack('Qii', 0, signal.SIGRTMIN + 1, 0) + bytes(48)
made = 0
with denied:
    while made < 100_000:
        if libc.timer_create(1, event, ctypes.byref(identifier)) < 0: break
        made += 1
with denied:
    for _ in range(100_000): os.kill(os.getpid(), signal.SIGRTMIN + 1)
""",
)
