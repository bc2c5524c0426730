"""Tries every address family that the kernel may have."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a socket that is not of the Unix family",
    outside="the servers heard nobody",
    source="""
for family in range(2, 46):
    for kind in (1, 2, 3, 4, 5):
        with denied: os.close(call('socket', family, kind, 0)); won((family, kind))
        with denied: call('socketpair', family, kind, 0, ctypes.create_string_buffer(8)); won(('pair', family, kind))
""",
)
