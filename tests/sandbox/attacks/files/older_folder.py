"""Puts files into a folder of the runner's uid that was there before."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to write there",
    outside="no new file is in that folder",
    weaker=Weaker(
        unless=("landlock", "separate_uid"),
        why="what is put into older folders of our uid is not removed",
        changes=frozenset({"other folders"}),
    ),
    source="""
with denied: open(f'{outside}/left', 'w').write('x'); won('written')
""",
)
