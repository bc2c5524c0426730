"""Asks the kernel to kill others before itself when memory is short."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be preferred to the runner",
    outside="the runner lives",
    source="""
with denied:
    with open('/proc/self/oom_score_adj', 'w') as file: file.write('-1')
    won('better than the runner')
""",
)
