"""Makes namespaces with clone3, whose flags are in memory where no filter can look."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to call it",
    outside="the runner and the other run live",
    source="""
for flag in (0x10000000, 0x10000000 | 0x40000000, 0):
    with denied:
        child = call('clone3', struct.pack('8Q', flag, 0, 0, 0, signal.SIGCHLD, 0, 0, 0), 64)
        if child == 0: os._exit(0)
        won(hex(flag))
""",
)
