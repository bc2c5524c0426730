"""Lists interfaces and sockets, and listens to the kernel's events, over netlink."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a netlink socket",
    outside="nothing of the network's set-up is in the output",
    source="""
for protocol in (0, 4, 15, 16):
    with denied: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol).bind((0, 0)); won(protocol)
""",
)
