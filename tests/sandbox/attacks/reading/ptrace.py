"""Attaches to runners and runs with ptrace, which gives everything."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to trace another process",
    outside="no victim was traced or stopped",
    source="""
SEIZE, ATTACH = 0x4206, 16
for pid in targets:
    with denied: call('ptrace', SEIZE, pid, 0, 0); won(f'seized {pid}')
for pid in runners:
    with denied: call('ptrace', ATTACH, pid, 0, 0); won(f'attached {pid}')
""",
)
