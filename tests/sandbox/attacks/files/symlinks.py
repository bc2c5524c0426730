"""Puts links to other folders in the place of its own, for the removal to follow."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have anything outside its folder removed",
    outside="the files of the others are as they were",
    source="""
os.symlink(outside, 'outside')
os.symlink('/tmp', 'tmp')
os.symlink('loop', 'loop')
for place in (os.environ['HOME'], os.environ['TMPDIR'], os.environ['PYTHONPATH']):
    with denied: os.rename(place, place + '-moved'); os.symlink(outside, place)
folder = os.path.dirname(os.getcwd())
with denied: os.rename(folder, f'{folder}-moved'); os.symlink(outside, folder)
""",
)
