"""Connects to an abstract Unix socket, which no file permission guards."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to connect to a socket of another process",
    outside="nobody connected and no datagram came",
    source=r"""
with denied: socket.socket(socket.AF_UNIX).connect(f'\0livecode-{token}'); won('connected')
with denied: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', f'\0livecode-{token}-datagrams'); won('sent')
with denied:
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b'x', f'\0livecode-{token}-datagrams'); won('sent by a pair')
with denied:
    one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    one.sendto(b'x', f'\0livecode-{token}-datagrams'); one.close()
""",
)
