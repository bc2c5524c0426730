"""Moves its own folder into an older one, with all that is in it."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep a file of it",
    outside="nothing is new in the folders of others",
    source="""
os.makedirs('a/b'); open('a/b/f', 'w').write('x')
with denied:
    os.rename(os.path.dirname(os.getcwd()), f'{outside}/moved')
    os.chmod(f'{outside}/moved', 0)
""",
)
