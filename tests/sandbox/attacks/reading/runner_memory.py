"""Reads the memory of a runner in /proc/PID/mem."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to open the memory of a runner, to read or to write",
    outside="the runners live and their secrets are unread",
    source="""
for pid in runners:
    for mode in ('rb', 'r+b'):
        with denied: won(open(f'/proc/{pid}/mem', mode, buffering=0).fileno())
""",
)
