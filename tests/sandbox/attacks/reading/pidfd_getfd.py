"""Takes descriptors out of a runner with pidfd_getfd."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="get any descriptor of a runner",
    outside="the runners still answer on their pipes",
    source="""
for pid in runners:
    with denied:
        handle = os.pidfd_open(pid)
        for n in range(16):
            with denied: won(call('pidfd_getfd', handle, n, 0))
""",
)
