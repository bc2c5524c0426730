"""Makes the disk serve runners last."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change the I/O priority of another process, of its group or of its user",
    outside="the I/O priorities of the runner, the victim and the other run are as they were",
    source="""
for pid in targets:
    with denied: call('ioprio_set', 1, pid, 3 << 13); won(pid)
    with denied: call('ioprio_set', 2, os.getpgid(pid), 3 << 13); won('group')
with denied: call('ioprio_set', 3, os.stat(f'/proc/{other}').st_uid, 3 << 13)
""",
)
