"""Makes a file that is small on disk and huge to whoever copies it."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="go over the limit of a file's size",
    outside="the folder of the run is gone",
    source="""
with denied: open('huge', 'wb').truncate(10 ** 15); won('a petabyte')
open('large', 'wb').truncate(60_000_000)
""",
)
