"""Makes the compiler leave something else than a program."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have it executed outside the sandbox, or confuse the runner",
    outside="the verdict is the compiler's, and the next run prints 1",
    language="c++",
    ends=("COMPILATION_ERROR",),
    source=r"""
asm(".print \"pid 1\"\n.error \"error exec 2\"\n");
int main() { won("compiled"); std::puts("end"); }
""",
)
