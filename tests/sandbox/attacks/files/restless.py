"""Makes and removes files as fast as four processes can, while they are measured."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make a failure of ours out of what it does while we look",
    outside="it comes to its end, and the next run prints 1",
    limits={"file_size_mib": 16},
    source="""
places = []
for folder in ('/tmp', '.', base, '/dev/shm'):
    with denied: os.mkdir(f'{folder}/livecode-{token}'); places.append(folder)
end = time.monotonic() + 3.5
for process in range(3):
    if os.fork() == 0: break
else: process = 3
names = [f'{places[process // 2 % len(places)]}/livecode-{token}-{process}-{k}' for k in range(500)]
while time.monotonic() < end:
    for name in names: os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    for name in names: os.unlink(name)
    for name in names: os.mkdir(name)
    for name in names: os.rmdir(name)
if process < 3: os._exit(0)
for _ in range(3): os.wait()
""",
)
