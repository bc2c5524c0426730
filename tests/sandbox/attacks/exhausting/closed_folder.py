"""Fills the disk with files in a folder that not even their owner may list."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, the folder is gone, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
os.makedirs('a/b')
descriptor = os.open('a/b', os.O_RDONLY)
for mode, n in enumerate(range(30)):
    os.chmod('a/b', 0o700)
    with open(f'a/b/{n}', 'wb') as file:
        os.chmod('a/b', 0)
        file.write(bytes(4_000_000))
time.sleep(10)
won('it was let')
""",
)
