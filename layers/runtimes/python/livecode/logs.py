"""What the libraries below us may say in our logs."""

import logging

# Lambda sets the root logger to our own level; at INFO these tell of every client that is built.
_CHATTY = ("botocore", "boto3", "alembic.runtime.plugins")


def quieten_libraries() -> None:
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
