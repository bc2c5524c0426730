"""Fills the disk with deleted files, in a process whose descriptors nobody may look at."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
libc.prctl(4, 0, 0, 0, 0)
kept = []
for n in range(30):
    kept.append(open('x', 'wb', buffering=0)); os.unlink('x'); kept[-1].write(bytes(4_000_000))
time.sleep(10)
won('it was let')
""",
)
