"""Makes system calls with the bit for x32 set, where the same calls have other numbers."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to use them",
    outside="whoever does is killed or told that there is none",
    source="""
for number in (39, 41, 101, 520, 521, 539):
    child = os.fork()
    if child == 0:
        with denied: call(0x40000000 | number, 2, 1, 0); won(number)
        os._exit(0)
    os.waitpid(child, 0)
""",
)
