"""Opens a port for others to come in."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to listen on TCP or UDP",
    outside="the runner lives",
    source="""
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
    with denied: socket.socket(socket.AF_INET, kind).bind(('127.0.0.1', 0)); won(kind)
""",
)
