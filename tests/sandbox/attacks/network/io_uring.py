"""Makes sockets with io_uring, which no seccomp filter sees."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to set up a ring",
    outside="the servers heard nobody",
    source="""
with denied: call('io_uring_setup', 8, ctypes.create_string_buffer(120)); won('ring')
""",
)
