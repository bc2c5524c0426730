"""Moves the folder that holds the folders of all runs to where no path can name it."""

from dataclasses import replace

from tests.sandbox.attacks.attack import ONE_RUN_A_MACHINE, Attack

ATTACK = Attack(
    must_not="keep later runs from having a folder",
    outside="the next run prints 1; of the folders that runs have there, none is gone",
    weaker=replace(ONE_RUN_A_MACHINE, changes=frozenset({"files", "base folder"})),
    source="""
with denied:
    os.mkdir(f'{os.path.dirname(base)}/livecode-{token}')
    os.chdir(f'{os.path.dirname(base)}/livecode-{token}')
    for n in range(30):
        os.mkdir('d' * 200)
        os.chdir('d' * 200)
    open(f'{base}/uid-60100.lock', 'w').write('x')
    os.rename(base, 'buried')
""",
)
