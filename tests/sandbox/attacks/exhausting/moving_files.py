"""Fills the disk with folders that another process moves about, for those who count to miss them."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, the folder is gone, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
for n in range(50): os.mkdir(f'place{n}')
os.mkdir('place0/moving')
descriptor = os.open('place0/moving', os.O_RDONLY)
if os.fork() == 0:
    n = 0
    while True:
        os.rename(f'place{n % 50}/moving', f'place{(n + 17) % 50}/moving')
        n += 17
for n in range(30):
    with open(os.open(f'{n}', os.O_CREAT | os.O_WRONLY, dir_fd=descriptor), 'wb') as file: file.write(bytes(4_000_000))
time.sleep(15)
won('it was let')
""",
)
