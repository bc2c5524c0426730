"""Connects to a Unix socket of the runner's uid by its path."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to connect to it",
    outside="nobody connected",
    source="""
with denied: socket.socket(socket.AF_UNIX).connect(f'{outside}/socket'); won('connected')
""",
)
