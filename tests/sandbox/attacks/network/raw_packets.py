"""Sends and sniffs raw packets."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make raw, packet or ping sockets",
    outside="the servers heard nobody",
    source="""
for family, kind, protocol in ((2, 3, 1), (2, 2, 1), (2, 3, 255), (10, 3, 58), (17, 3, 3), (17, 2, 3)):
    with denied: socket.socket(family, kind, protocol); won((family, kind))
""",
)
