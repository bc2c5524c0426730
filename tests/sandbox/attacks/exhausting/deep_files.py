"""Fills the disk with files that lie deeper than any path can say."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, the folder is gone, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
for n in range(1000):
    os.mkdir('d')
    os.chdir('d')
for n in range(30):
    with open(str(n), 'wb') as file: file.write(bytes(4_000_000))
time.sleep(10)
won('it was let')
""",
)
