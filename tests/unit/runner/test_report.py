"""What a runner tells of itself: nothing depends on it, and it arrives in the end."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from livecode_runner.report import Report


@dataclass
class Runtimes:
    error: Exception | None = None
    told: list[Mapping[str, object]] = field(default_factory=list)

    def report(self, versions: Mapping[str, str]) -> None:
        self.told.append(versions)

    def report_sandbox(self, layers: Mapping[str, bool]) -> None:
        if self.error is not None:
            raise self.error
        self.told.append(layers)


def test_is_told_once_and_again_only_after_a_failure_and_a_while() -> None:
    now, runtimes = 0.0, Runtimes(error=RuntimeError("permission denied for table sandbox_layers"))
    report = Report(
        runtimes=runtimes,
        layers={"seccomp": True},
        versions=lambda: {"python": "3.14.0"},
        logger=Logger(service="test", level="CRITICAL"),
        clock=lambda: now,
    )
    report.send()
    runtimes.error = None
    now = 59.0
    report.send()
    assert runtimes.told == []
    now = 60.0
    report.send()
    now = 600.0
    report.send()
    assert runtimes.told == [{"seccomp": True}, {"python": "3.14.0"}]


def test_versions_that_cannot_be_found_out_are_no_failure() -> None:
    def versions() -> Mapping[str, str]:
        raise OSError("no python3")

    runtimes = Runtimes()
    logger = Logger(service="test", level="CRITICAL")
    Report(runtimes=runtimes, layers={"seccomp": True}, versions=versions, logger=logger).send()
    assert runtimes.told == [{"seccomp": True}]
