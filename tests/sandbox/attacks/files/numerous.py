"""Makes more files than anybody would remove one by one."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep them from being removed",
    outside="the folder of the run is gone",
    source="""
for n in range(10): os.mkdir(f'folder{n}')
for n in range(3000): os.close(os.open(f'folder{n % 10}/{n}', os.O_CREAT | os.O_WRONLY))
""",
)
