"""Makes runners wait for everybody else."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change the priority of another process, of its group or of its user",
    outside="the priorities of the runner, the victim and the other run are as they were",
    source="""
for pid in targets:
    with denied: os.setpriority(os.PRIO_PROCESS, pid, 19); won(pid)
    with denied: os.setpriority(os.PRIO_PGRP, os.getpgid(pid), 19); won('group')
with denied: owner = os.stat(f'/proc/{other}').st_uid; os.setpriority(os.PRIO_USER, owner, 19)
with denied: os.setpriority(os.PRIO_USER, 0, 19)
""",
)
