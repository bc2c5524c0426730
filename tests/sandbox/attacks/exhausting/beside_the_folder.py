"""Fills the disk with a folder beside its own that it has locked, as runners lock those that are in use."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit, nor leave anything there",
    outside="it is killed, or could not; nothing is left there, and the next run prints 1",
    ends=("RUNTIME_ERROR", "end"),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
written = 0
with denied:
    os.mkdir(f'{base}/run-{token}')
    fcntl.flock(os.open(f'{base}/run-{token}', os.O_RDONLY), fcntl.LOCK_EX)
    for n in range(30):
        with open(f'{base}/run-{token}/{n}', 'wb') as file: written += file.write(bytes(4_000_000))
if written:
    time.sleep(10)
    won('it was let')
""",
)
