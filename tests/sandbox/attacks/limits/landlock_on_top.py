"""Puts Landlock rules of its own on top, that allow everything."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="widen the rules that are there",
    outside="no secret is in the output",
    weaker=Weaker(
        unless=("landlock", "separate_uid"),
        why="without Landlock, files of our uid can be read",
    ),
    source="""
with denied:
    rules = call(444, struct.pack('Q', 0x1fff), 8, 0)
    call(445, rules, 1, struct.pack('=Qi', 0x1fff, os.open('/', os.O_RDONLY)), 0)
    call(446, rules, 0)
with denied: won(open(f'{outside}/secret').read())
""",
)
