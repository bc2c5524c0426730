"""Signals through a folder of /proc, which the kernel takes for a descriptor of its process."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="reach another process that way",
    outside="the runner, the victim and the other run live",
    source="""
for pid in targets:
    with denied:
        signal.pidfd_send_signal(os.open(f'/proc/{pid}', os.O_RDONLY | os.O_DIRECTORY), signal.SIGKILL); won(pid)
""",
)
