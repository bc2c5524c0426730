"""Sends a datagram, which needs no connection."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a UDP socket",
    outside="the server received nothing",
    source="""
with denied: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'hello', ('127.0.0.1', udp_port)); won('sent')
""",
)
