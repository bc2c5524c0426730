"""Enters the namespaces of others."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="join any",
    outside="the runner and the other run live",
    source="""
for pid in (1, *targets, os.getpid()):
    for name in ('user', 'net', 'mnt', 'pid', 'ipc'):
        with denied: call('setns', os.open(f'/proc/{pid}/ns/{name}', os.O_RDONLY), 0); won((pid, name))
""",
)
