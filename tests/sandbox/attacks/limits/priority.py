"""Gives itself more than its share: real-time scheduling, a better priority, locked memory."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="get any of it",
    outside="the other run's priorities are as they were",
    source="""
with denied: os.nice(-1); won('nice')
with denied: os.setpriority(os.PRIO_PROCESS, 0, -20); won('priority')
for policy in (os.SCHED_FIFO, os.SCHED_RR):
    with denied: os.sched_setscheduler(0, policy, os.sched_param(1)); won(policy)
with denied: call('ioprio_set', 1, 0, 1 << 13); won('real-time disk')
with denied:
    if libc.mlockall(3) == 0: won('locked memory')
""",
)
