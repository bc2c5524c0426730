"""Leaves folders that not even their owner may enter."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep them from being removed",
    outside="the folder of the run is gone",
    source="""
os.makedirs('a/b/c/d')
for path in ('a/b/c/d/f', 'a/b/f', 'f'): open(path, 'w').close(); os.chmod(path, 0)
for path in ('a/b/c/d', 'a/b/c', 'a/b', 'a', '..', '.'): os.chmod(path, 0)
""",
)
