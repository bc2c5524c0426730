"""Reads the environment of a runner, where AWS puts credentials, in /proc."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to open /proc/PID/environ of a runner or of one of its threads",
    outside="the secret in the runners' environment is not in what was printed",
    source="""
for pid in runners:
    for path in [f'/proc/{pid}/environ', *glob.glob(f'/proc/{pid}/task/*/environ')]:
        with denied: won(open(path, 'rb').read())
""",
)
