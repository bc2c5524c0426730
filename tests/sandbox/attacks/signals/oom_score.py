"""Names the runner to the kernel as the first to kill when memory is short, and turns its other knobs in /proc."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to write to /proc/PID of a runner",
    outside="the OOM scores of the runner and the victim are as they were",
    source="""
for pid in runners:
    knobs = ('oom_score_adj', '1000'), ('oom_adj', '15'), ('autogroup', '19'), ('timerslack_ns', '1000000000')
    for name, value in knobs:
        with denied, open(f'/proc/{pid}/{name}', 'w', buffering=1) as file: file.write(value + chr(10)); won(name)
""",
)
