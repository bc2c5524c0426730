"""Opens the pipes of the runner, through which results go."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to open them for writing",
    outside="the runner's answers are whole",
    source=r"""
for pid in runners:
    for n in range(32):
        with denied:
            os.write(os.open(f'/proc/{pid}/fd/{n}', os.O_WRONLY | os.O_NONBLOCK), b'{}\n'); won((pid, n))
""",
)
