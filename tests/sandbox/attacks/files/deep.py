"""Makes a tree deeper than any path can say."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep it from being removed",
    outside="the folder of the run is gone",
    source="""
for n in range(3000):
    os.mkdir('d')
    os.chdir('d')
    if n % 500 == 0: open('f', 'w').close(); os.symlink('..', 'up')
""",
)
