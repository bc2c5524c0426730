"""Reads the command lines and states of all processes."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="see those of others where it has a PID namespace; elsewhere no secret is ever put into a command line",
    outside="no secret is in what was printed",
    weaker=Weaker(
        unless=("pid_namespace",),
        why="/proc/PID/cmdline and stat can be read without a PID namespace; they hold no secret",
    ),
    source="""
for path in glob.glob('/proc/[0-9]*/cmdline'):
    with denied: text = open(path, 'rb').read()
with denied: won(open(f'/proc/{runner}/cmdline', 'rb').read())
""",
)
