"""Keeps files, and runs programs, that have no name."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a memfd",
    outside="the runner lives",
    source="""
with denied: won(call('memfd_create', b'x', 0))
with denied: won(call('memfd_secret', 0))
""",
)
