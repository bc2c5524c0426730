"""Queues signals with data of its own choosing."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="reach another process with them",
    outside="the runner, the victim and the other run live",
    source="""
information = struct.pack('iiii', 9, 0, -1, 0) + bytes(112)
for pid in targets:
    with denied: call('rt_sigqueueinfo', pid, 9, information); won(pid)
    with denied: call('rt_tgsigqueueinfo', pid, pid, 9, information); won(pid)
""",
)
