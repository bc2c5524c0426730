"""Lets the compiler read the environment of a runner into the program."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="get past the compiler, which runs in the same sandbox",
    outside="the secret is neither in the output nor in the compiler's messages",
    language="c++",
    ends=("COMPILATION_ERROR",),
    source=r"""
#define TEXT(x) #x
#define PATH(pid) "/proc/" TEXT(pid) "/environ"
asm(".incbin \"" PATH(VICTIM) "\"\n.incbin \"" PATH(RUNNER) "\"\n");
int main() { won("compiled"); std::puts("end"); }
""",
)
