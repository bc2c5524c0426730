"""Starts LocalStack without Docker, on loopback alone; run by its own venv's python."""

from typing import Any

from twisted.internet.endpoints import TCP4ServerEndpoint

_ADDRESS = "127.0.0.1"


def listen_on_loopback() -> None:
    """Makes LocalStack listen on loopback alone.

    It ignores the address in GATEWAY_LISTEN for IPv4 and would serve the whole network.
    """
    make = TCP4ServerEndpoint.__init__

    def make_on_loopback(self: Any, reactor: Any, port: int, backlog: int = 50, interface: str = _ADDRESS) -> None:
        make(self, reactor, port, backlog, interface)

    TCP4ServerEndpoint.__init__ = make_on_loopback


if __name__ == "__main__":
    listen_on_loopback()
    from localstack.runtime.main import main

    main()
