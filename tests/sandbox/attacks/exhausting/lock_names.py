"""Fills the disk with files among the folders of the runs, named like the runner's locks."""

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
    for n in range(30):
        with open(f'{base}/uid-{60100 + n}.lock', 'wb') as file: written += file.write(bytes(4_000_000))
if written:
    time.sleep(10)
    won('it was let')
""",
)
