"""Makes the compiler write a program that no kernel executes, so that the start itself fails."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="pass for a failure of ours",
    outside="it failed with exit code 126, and the next run prints 1",
    language="c++",
    ends=("RUNTIME_ERROR",),
    source="""
__attribute__((section(".interp"))) extern const char interpreter[] = {'x'};
int main() { won("it ran"); }
""",
    witness=lambda arena, outcome: None if outcome.exit_code == 126 else "it did not end as what cannot be executed",
)
