"""Asks the machine's metadata service, and the container's, for credentials."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a connection",
    outside="no credentials are in the output",
    harmless=False,
    source="""
for address in ('169.254.169.254', '169.254.170.2', 'fd00:ec2::254'):
    with denied:
        connection = socket.create_connection((address, 80), timeout=0.2)
        won(address)
""",
)
