"""The tables of README.md and docs/deploy.md say what the code does."""

import re
from pathlib import Path

import pytest

from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings, RunLimitSettings, SessionLimitSettings
from livecode.domain import Reason, Status
from livecode.languages import LANGUAGES
from livecode_api.bodies import source_too_large
from livecode_api.errors import INTERNAL_ERROR, NOT_FOUND, PROBLEMS
from livecode_runner.config import SandboxSettings
from livecode_runner.sandbox.watching.sockets import SOCKET_LIMIT
from tests.unit.test_template import PARAMETERS, RESOURCES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DEPLOYING = (ROOT / "docs" / "deploy.md").read_text()


def table(first_heading: str, text: str = README) -> list[list[str]]:
    """The rows of the table whose first column has this heading, without backticks."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"| {first_heading} |"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        cells = re.split(r"(?<!\\)\|", line)[1:-1]
        rows.append([cell.replace("`", "").strip() for cell in cells])
    return rows


def test_names_every_status_and_reason() -> None:
    assert [row[0] for row in table("status")] == [str(status) for status in Status]
    assert [row[0] for row in table("reason")] == [str(reason) for reason in Reason]


def test_names_every_language_with_its_commands() -> None:
    assert table("language") == [
        [
            language.name,
            ", ".join(language.aliases),
            language.source_file,
            " ".join(language.compile) if language.compile else "-",
            " ".join(language.run),
        ]
        for language in LANGUAGES.values()
    ]


def test_names_every_limit_with_its_default() -> None:
    limits = {**RunLimitSettings.model_fields, **SessionLimitSettings.model_fields}
    rows = {row[2]: row for row in table("limit")}
    assert set(rows) == {name.upper() for name in limits}
    for name, field in limits.items():
        _, default, setting, parameter = rows[name.upper()]
        assert default.split()[0] == f"{field.default:g}" if field.default < 1000 else str(field.default), setting
        assert PARAMETERS[parameter]["Default"] == field.default


@pytest.mark.parametrize("settings", [DatabaseSettings, DeliverySettings, QueueSettings, SandboxSettings])
def test_names_every_other_setting_with_its_default(settings: type[DatabaseSettings]) -> None:
    rows = {row[0]: row[1] for row in table("setting")}
    for name, field in settings.model_fields.items():
        default = field.default
        assert rows[name.upper()] == ("-" if field.is_required() or default is None else str(default)), name


def test_names_every_error_code() -> None:
    # The first table named "status" lists executions' statuses; this one lists HTTP's.
    listed = {
        (int(status), code)
        for status, codes in re.findall(r"^\| (\d{3}) \| (.+) \|$", README, re.MULTILINE)
        for code in re.findall(r"`([A-Z_]+)`", codes)
    }
    gateway = {
        (int(status), code)
        for response in RESOURCES["LiveCodeApi"]["Properties"]["GatewayResponses"].values()
        for status, code in re.findall(
            r'"status":(\d+).*"code":"([A-Z_]+)"', response["ResponseTemplates"]["application/json"]
        )
    }
    ours = {(problem.status, problem.code) for problem in (*PROBLEMS.values(), NOT_FOUND, INTERNAL_ERROR)}
    raised = {(400, "INVALID_REQUEST"), (415, "UNSUPPORTED_MEDIA_TYPE"), (429, "RATE_LIMITED")}
    too_large = source_too_large(1)
    assert listed == gateway | ours | raised | {(too_large.status, too_large.code)}


def test_names_every_parameter_with_its_default() -> None:
    """The limits' are in the README, all others where one reads how to deploy."""
    told = {row[3] for row in table("limit")}
    for row in table("parameter", DEPLOYING):
        names, defaults = (cell.split(", ") for cell in row[:2])
        if len(defaults) == 1:
            defaults *= len(names)
        assert defaults == [str(PARAMETERS[name]["Default"]) or "-" for name in names]
        told |= set(names)
    assert told == set(PARAMETERS)


def test_names_every_alarm() -> None:
    for name, resource in RESOURCES.items():
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            assert name in README


def test_names_the_limit_of_sockets() -> None:
    assert f"A run may hold {SOCKET_LIMIT} sockets." in " ".join(README.split())
