"""Takes away all rights on the folder that holds the folders of all runs. Landlock does not judge chmod."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="keep later runs from having a folder",
    outside="the next run prints 1",
    hole=Weaker(
        unless=("separate_uid",),
        why="a program of our uid can chmod the folder of runs: none starts later",
    ),
    source="""
with denied: os.chmod(base, 0); won('mode 000')
""",
)
