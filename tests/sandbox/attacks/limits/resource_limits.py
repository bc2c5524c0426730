"""Raises every limit that the launcher set."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="raise any",
    outside="the next run prints 1",
    source="""
for what in range(16):
    soft, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        with denied: resource.setrlimit(what, (hard + 1, hard + 1)); won(what)
        with denied: resource.prlimit(0, what, (hard + 1, hard + 1)); won(what)
expected = {resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: 1024, resource.RLIMIT_MEMLOCK: 65536}
for what, most in expected.items():
    if resource.getrlimit(what)[1] > most: won(('never set', what))
""",
)
