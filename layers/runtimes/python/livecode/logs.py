"""What comes into our logs: from us, from a level on; from the libraries below us, hardly anything."""

import logging

# Lambda sets the root logger to our own level; at INFO these tell of every client that is built.
_CHATTY = ("botocore", "boto3", "alembic.runtime.plugins")


def quieten_libraries() -> None:
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)


def log_from(level: str) -> None:
    """Keeps out of the log whatever is below `level`, one of Lambda's words (WARN) or Python's (WARNING).

    Lambda's own filter cannot do it: it takes a line without a level for INFO, and so would drop the metrics that we
    print. It stays at INFO or below, Powertools takes it over any level of ours, and this decides what is said.
    """
    logging.disable(logging.getLevelNamesMapping()[level.upper()] - 1)
