"""Turns the machine's knobs in /proc/sys and /sys/fs/cgroup."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to write to any of them, not even what is there",
    outside="the runner lives",
    source="""
for top in ('/proc/sys', '/sys/fs/cgroup', '/sys/kernel/mm', '/proc/sysrq-trigger', '/sys/power'):
    for folder, _, names in [*os.walk(top), (os.path.dirname(top), [], [os.path.basename(top)])]:
        for path in (os.path.join(folder, name) for name in names):
            if os.path.isfile(path) and os.access(path, os.W_OK):
                with denied:
                    with open(path) as file: value = file.read()
                    with open(path, 'w') as file: file.write(value)
                    won(path)
""",
)
