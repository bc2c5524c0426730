"""Goes round a filter for IPv4 with IPv6 and mapped addresses."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make an IPv6 socket",
    outside="the servers heard nobody",
    source="""
for address in ('::1', '::ffff:127.0.0.1'):
    try: socket.socket(socket.AF_INET6).connect((address, port)); won(address)
    except ConnectionRefusedError: won('it could try')
    except OSError: pass
""",
)
