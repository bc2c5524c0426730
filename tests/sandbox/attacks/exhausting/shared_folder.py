"""Fills /dev/shm, which is memory that no process is seen to have, and /tmp."""

from tests.sandbox.attacks.attack import OTHERS_OF_OUR_UID, Attack

ATTACK = Attack(
    must_not="take more of them than the limit of its files",
    outside="nothing is left there, and the next run prints 1",
    ends=("RUNTIME_ERROR", "end"),
    harmless=False,
    limits={"file_size_mib": 16, "run_wall_time_seconds": 8},
    weaker=OTHERS_OF_OUR_UID,
    source="""
written = 0
for folder in ('/dev/shm', '/tmp'):
    with denied:
        for n in range(12):
            path = f'{folder}/livecode-{token}-{n}'
            with open(path, 'wb', buffering=0) as file: written += file.write(bytes(4_000_000))
if written > 17_000_000:
    time.sleep(5)
    won('it was let')
""",
)
