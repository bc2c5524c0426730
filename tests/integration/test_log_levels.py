"""What LogLevel lets into a function's log; a metric always."""

import json
import logging
from collections.abc import Iterator

import pytest

from tests.integration.test_handlers import load, queue_url

__all__ = ["queue_url"]  # the fixture

LEVELS = {"DEBUG": logging.DEBUG, "INFO": logging.INFO, "WARN": logging.WARNING, "ERROR": logging.ERROR}


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    disabled = logging.root.manager.disable
    yield
    logging.disable(disabled)


@pytest.mark.parametrize("word", LEVELS)
def test_logs_from_its_level_on_and_prints_every_metric(
    queue_url: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], word: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", word)
    # What the template makes of it for Lambda, which tells the function so.
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", "DEBUG" if word == "DEBUG" else "INFO")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", f"livecode-{word}")
    sweeper = load("livecode_api.sweeper.handler")
    capfd.readouterr()
    for name, level in LEVELS.items():
        sweeper.upkeep.logger._logger.log(level, name)
    sweeper.upkeep.count_dead_letters(1)
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert [line["message"] for line in lines if "message" in line] == [
        name for name, level in LEVELS.items() if level >= LEVELS[word]
    ]
    [metric] = [line for line in lines if "_aws" in line]
    assert metric["DeadLetters"] == [1.0]
    assert "level" not in metric  # so Lambda takes it for INFO
