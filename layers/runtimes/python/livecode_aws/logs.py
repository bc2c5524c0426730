"""Makes a function's logger, and decides which lines come into the log."""

from collections.abc import Mapping

from aws_lambda_powertools import Logger

from livecode.logs import drop_below, silence_libraries


def make_logger(environment: Mapping[str, str]) -> Logger:
    """Makes Powertools' logger, from the level on that POWERTOOLS_LOG_LEVEL names (INFO by default)."""
    logger = Logger()
    silence_libraries()
    drop_below(environment.get("POWERTOOLS_LOG_LEVEL", "INFO"))
    return logger
