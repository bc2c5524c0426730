"""Starts threads until there are no more."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have many more than 64",
    outside="the next run prints 1",
    harmless=False,
    ends=("end", "SIGKILL"),
    source="""
started = 0
with contextlib.suppress(RuntimeError):
    while started < 200:
        threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        started += 1
if started > 64: won(started)
print('end', flush=True)
os._exit(0)
""",
)
