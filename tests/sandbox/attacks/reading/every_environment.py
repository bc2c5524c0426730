"""Reads every environment that /proc shows."""

from tests.sandbox.attacks.attack import ONE_RUN_A_MACHINE, Attack

ATTACK = Attack(
    must_not="be able to read the environment of any process but its own",
    outside="no secret is in what was printed",
    weaker=ONE_RUN_A_MACHINE,
    source="""
for path in glob.glob('/proc/[0-9]*/environ') + glob.glob('/proc/[0-9]*/task/[0-9]*/environ'):
    with denied:
        if path.split('/')[2] != str(os.getpid()) and (text := open(path, 'rb').read()): won(text)
""",
)
