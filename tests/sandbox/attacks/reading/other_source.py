"""Reads the source of a run that is under way at the same time."""

from tests.sandbox.attacks.attack import ONE_RUN_A_MACHINE, Attack

ATTACK = Attack(
    must_not="find or open the other run's files",
    outside="the secret in that source is not in what was printed",
    weaker=ONE_RUN_A_MACHINE,
    source="""
for path in [f'{other_run}/work/main.py', *glob.glob(f'{base}/*/work/main.py')]:
    if not path.startswith(os.path.dirname(os.getcwd())):
        with denied: won(open(path).read())
""",
)
