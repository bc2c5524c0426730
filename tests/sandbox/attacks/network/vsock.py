"""Talks to the host of the virtual machine."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a vsock socket",
    outside="the runner lives",
    source="""
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    with denied: socket.socket(socket.AF_VSOCK, kind); won(kind)
""",
)
