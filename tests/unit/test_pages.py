"""The tables of README.md and docs say what the code does, and every page can be read."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from livecode import __version__
from livecode.config import DatabaseSettings, DeliverySettings, QueueSettings, RunLimitSettings, SessionLimitSettings
from livecode.domain import Reason, Status
from livecode.languages import LANGUAGES
from livecode_api.bodies import source_too_large
from livecode_api.errors import INTERNAL_ERROR, NOT_FOUND, PROBLEMS
from livecode_runner.config import SandboxSettings
from livecode_runner.sandbox.watching.sockets import SOCKET_LIMIT
from tests.unit.test_template import PARAMETERS, RESOURCES

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text()
API, CONFIGURATION, DEPLOYING, OPERATIONS = (
    (ROOT / "docs" / f"{name}.md").read_text() for name in ("api", "configuration", "deploy", "operations")
)
EVERY_PAGE = pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])


def table(first_heading: str, text: str) -> list[list[str]]:
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
    assert [row[0] for row in table("status", API)] == [str(status) for status in Status]
    assert [row[0] for row in table("reason", API)] == [str(reason) for reason in Reason]


def test_names_every_language_with_its_commands() -> None:
    for page, compile_command in ((API, "below"), (README, "g++ -std=gnu++20 -O2 …")):
        assert table("language", page) == [
            [
                language.name,
                ", ".join(language.aliases),
                language.source_file,
                compile_command if language.compile else "-",
                " ".join(language.run),
            ]
            for language in LANGUAGES.values()
        ]
    assert [line.strip() for line in API.splitlines() if line.startswith("    g++ ")] == [
        " ".join(language.compile) for language in LANGUAGES.values() if language.compile
    ]


def test_names_every_limit_with_its_default() -> None:
    limits = {**RunLimitSettings.model_fields, **SessionLimitSettings.model_fields}
    rows = {row[2]: row for row in table("limit", CONFIGURATION)}
    assert set(rows) == {name.upper() for name in limits}
    for name, field in limits.items():
        _, default, setting, parameter = rows[name.upper()]
        assert default.split()[0] == f"{field.default:g}" if field.default < 1000 else str(field.default), setting
        assert PARAMETERS[parameter]["Default"] == field.default


@pytest.mark.parametrize("settings", [DatabaseSettings, DeliverySettings, QueueSettings, SandboxSettings])
def test_names_every_other_setting_with_its_default(settings: type[DatabaseSettings]) -> None:
    rows = {row[0]: row[1] for row in table("setting", CONFIGURATION)}
    for name, field in settings.model_fields.items():
        default = field.default
        assert rows[name.upper()] == ("-" if field.is_required() or default is None else str(default)), name


def test_names_every_error_code() -> None:
    # The first table named "status" lists executions' statuses; this one lists HTTP's.
    listed = {
        (int(status), code)
        for status, codes in re.findall(r"^\| (\d{3}) \| (.+) \|$", API, re.MULTILINE)
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
    """The limits' are on the page of the configuration, all others where one reads how to deploy."""
    told = {row[3] for row in table("limit", CONFIGURATION)}
    for row in table("parameter", DEPLOYING):
        names, defaults = (cell.split(", ") for cell in row[:2])
        if len(defaults) == 1:
            defaults *= len(names)
        assert defaults == [str(PARAMETERS[name]["Default"]) or "-" for name in names]
        told |= set(names)
    assert told == set(PARAMETERS)


def test_names_every_alarm() -> None:
    alarms = {name for name, resource in RESOURCES.items() if resource["Type"] == "AWS::CloudWatch::Alarm"}
    assert {row[0] for row in table("alarm", OPERATIONS)} == alarms


def test_names_the_limit_of_sockets() -> None:
    assert f"A run may hold {SOCKET_LIMIT} sockets." in " ".join(CONFIGURATION.split())


def test_the_readme_can_be_read_at_a_glance() -> None:
    assert len(README.splitlines()) < 150
    assert set(re.findall(r"\((docs/[a-z]+\.md)\)", README)) == {
        str(page.relative_to(ROOT)) for page in PAGES if page.parent.name == "docs"
    }


@EVERY_PAGE
def test_no_line_is_long(page: Path) -> None:
    assert [line for line in page.read_text().splitlines() if len(line) > 120] == []


@EVERY_PAGE
def test_no_paragraph_is_long(page: Path) -> None:
    """Of at most five lines; tables, headings and code are none, and an item of a list is one."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    paragraph: list[str] = []
    for line in [*text.splitlines(), ""]:
        prose = line.strip() and not re.match(r"\||#|    |<!--", line)
        if not prose or re.match(r"\s*([-*]|\d+\.) ", line):
            assert len(paragraph) <= 5, paragraph[0]
            paragraph = []
        if prose:
            paragraph.append(line)


@EVERY_PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text()):
        path, _, anchor = target.partition("#")
        linked = page.parent / path if path else page
        assert linked.exists(), target
        headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE) if anchor else []
        anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert not anchor or anchor in anchors, target


def test_one_place_says_the_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "livecode.__version__"}
    newest = re.search(r"^## (\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert newest[1] == __version__


def test_pre_commit_runs_what_make_lint_runs() -> None:
    lint = re.search(r"^lint: setup.*?\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert lint is not None
    sources = re.search(r"^SOURCES := (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert sources is not None
    commands = [line.strip().replace("$(SOURCES)", sources[1]) for line in lint[1].splitlines()]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["entry"] for repository in hooks for hook in repository["hooks"]] == commands


def test_make_help_names_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", makefile, re.MULTILINE))
    told = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[1] for line in told.splitlines()} == targets
    assert all(len(line.split(maxsplit=2)) == 3 for line in told.splitlines())
