"""Event source mappings that wait for messages and run several batches at a time, as Lambda's do.

The places are those of LocalStack 4.14.0, which the lock file pins and which is its last free release.
"""

from typing import Any

from localstack.services.lambda_.event_source_mapping.esm_worker import EsmWorker
from localstack.utils.threads import FuncThread

_WAIT_SECONDS = 1


def poll_in_parallel(pollers: int) -> None:
    """Lambda runs as many batches of a mapping at a time as it may; LocalStack polls with one thread, one batch after
    the other, so that a program which sleeps would hold up all others. And it asks an empty queue again and again."""
    start = EsmWorker.start

    def start_pollers(self: Any) -> None:
        # So that an empty queue answers late, and at once when a message comes.
        self.poller.maximum_batching_window = self.poller.maximum_batching_window or _WAIT_SECONDS
        start(self)
        for number in range(1, pollers):
            FuncThread(self.poller_loop, name=f"event-source-mapping-poller-{self.uuid}-{number}").start()

    EsmWorker.start = start_pollers
