"""Gives runners the idle scheduling policy, and one core at most."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change the policy, parameters or cores of another process",
    outside="the policies and cores of the runner, the victim and the other run are as they were",
    source="""
attributes = struct.pack('IIQiIQQQ', 48, 5, 0, 0, 0, 0, 0, 0)
for pid in targets:
    with denied: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)); won(('policy', pid))
    with denied: call('sched_setattr', pid, attributes, 0); won(('attributes', pid))
    with denied: os.sched_setaffinity(pid, [0]); won(('cores', pid))
""",
)
