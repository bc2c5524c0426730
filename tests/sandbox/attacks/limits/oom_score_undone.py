"""Takes back that the launcher named it to the kernel as the first to kill when memory is short."""

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be as dear to the kernel as the runner is",
    outside="the runner lives",
    weaker=Weaker(
        unless=("landlock",),
        why="without privilege a launcher can only ask for the score; a program may go back to the runner's own",
    ),
    source="""
with denied:
    with open('/proc/self/oom_score_adj', 'w') as file: file.write('0')
    won('as good as the runner')
""",
)
