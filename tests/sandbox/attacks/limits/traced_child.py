"""Traces a child of its own, to change its system calls after they were judged."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to trace even a child of its own",
    outside="the servers heard nobody",
    source="""
child = os.fork()
if child == 0:
    with denied: call('ptrace', 0, 0, 0, 0); won('traced')
    os._exit(0)
os.waitpid(child, 0)
""",
)
