"""Makes system calls by the 32-bit gate, whose numbers no filter for 64 bits knows."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to use it",
    outside="it is killed at once",
    language="c++",
    ends=("SIGSYS", "COMPILATION_ERROR"),
    source="""
int main()
{
    long result;
    asm volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    if (result > 0) won("getpid by int 0x80");
    std::puts("end");
}
""",
)
