"""Makes folders without end, each in the one before, and empty files in the deepest."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make files without end",
    outside="it is killed, the folder is gone, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 4},
    source="""
for n in range(300):
    os.mkdir('d')
    os.chdir('d')
for n in range(30_000): os.close(os.open(str(n), os.O_CREAT))
time.sleep(10)
won('it was let')
""",
)
