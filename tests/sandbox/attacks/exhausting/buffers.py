"""Takes memory outside of node's heap, which node's own limit does not see."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="have more memory than the limit for longer than a moment",
    outside="it is killed for it, and the next run prints 1",
    language="javascript",
    ends=("MEMORY_LIMIT_EXCEEDED",),
    harmless=False,
    limits={"run_memory_mib": 128},
    source="""
const kept = [];
for (let n = 0; n < 40; n++) kept.push(Buffer.alloc(1e7, 1));
setTimeout(() => won('it was let'), 15000);
""",
)
