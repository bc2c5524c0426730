"""Starts LocalStack without Docker, with two of its shortcomings mended; run by its own venv's python.

Both places are those of LocalStack 4.14.0, which the lock file pins and which is its last free release.
"""

import os
from typing import Any

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.utils.threads import FuncThread
from twisted.internet.endpoints import TCP4ServerEndpoint

_ADDRESS = "127.0.0.1"


def listen_on_loopback() -> None:
    """LocalStack ignores the address in GATEWAY_LISTEN for IPv4 and would serve the whole network."""
    make = TCP4ServerEndpoint.__init__

    def make_on_loopback(self: Any, reactor: Any, port: int, backlog: int = 50, interface: str = _ADDRESS) -> None:
        make(self, reactor, port, backlog, interface)

    TCP4ServerEndpoint.__init__ = make_on_loopback


def poll_side_by_side(pollers: int) -> None:
    """Lambda runs as many batches of a mapping at a time as it may; LocalStack polls with one thread, one batch after
    the other, so that a program which sleeps would hold up all others."""
    start = EsmWorker.start

    def start_pollers(self: Any) -> None:
        start(self)
        for number in range(1, pollers):
            FuncThread(self.poller_loop, name=f"event-source-mapping-poller-{self.uuid}-{number}").start()

    EsmWorker.start = start_pollers


if __name__ == "__main__":
    listen_on_loopback()
    poll_side_by_side(max(2, os.cpu_count() or 1))
    from localstack.runtime.main import main

    main()
