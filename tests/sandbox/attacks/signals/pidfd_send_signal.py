"""Signals through a descriptor of a process, from pidfd_open."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="send any through such a descriptor of another process",
    outside="the runner, the victim and the other run live",
    source="""
for pid in targets:
    with denied: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGKILL); won(pid)
""",
)
