"""What the service logs by, and which lines come into the log: ours from a level on, the libraries' from WARNING on."""

import logging
from typing import Any, Protocol

# Lambda sets the root logger to our own level; at INFO these tell of every client that is built.
_CHATTY = ("botocore", "boto3", "alembic.runtime.plugins")


class StructuredLogger(Protocol):
    """A logger that writes a message and fields as one line; Powertools' Logger is one."""

    def info(self, msg: str, **fields: Any) -> None: ...
    def warning(self, msg: str, **fields: Any) -> None: ...
    def error(self, msg: str, **fields: Any) -> None: ...
    def exception(self, msg: str, **fields: Any) -> None: ...


def silence_libraries() -> None:
    """Keeps out of the log what libraries say below WARNING."""
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def drop_below(level: str) -> None:
    """Keeps out of the log whatever is below `level`, one of Lambda's words (WARN) or Python's (WARNING).

    Lambda's own filter cannot do it: it takes a line without a level for INFO, and so would drop the metrics that we
    print. It stays at INFO or below, Powertools takes it over any level of ours, and this decides what is said.
    """
    logging.disable(logging.getLevelNamesMapping()[level.upper()] - 1)
