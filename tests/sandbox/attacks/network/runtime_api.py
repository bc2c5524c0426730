"""Asks the Lambda Runtime API on loopback for the next event."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a TCP connection",
    outside="the server heard nobody, and the secret it would have answered with is not in the output",
    source=r"""
with denied:
    connection = socket.create_connection(('127.0.0.1', port), timeout=5)
    won('connected')
    connection.sendall(b'GET /2018-06-01/runtime/invocation/next HTTP/1.0\r\n\r\n')
    while chunk := connection.recv(1000): print(chunk)
""",
)
