"""Asks the kernel to kill others before itself when memory is short."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be preferred to the runner",
    outside="the runner lives",
    source="""
with denied: open('/proc/self/oom_score_adj', 'w').write('-1'); won('better than the runner')
""",
)
