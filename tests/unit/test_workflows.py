"""The workflows, and the documents with commands: what they name exists, and they may do no more than they need."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))}
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yaml"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKE_TARGETS = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
TRUSTED = {
    "actions/checkout",
    "actions/setup-python",
    "actions/upload-artifact",
    "actions/download-artifact",
    "aws-actions/configure-aws-credentials",
}
DEPLOYING = ("staging", "production")


class _Loader(yaml.SafeLoader):
    """`on` is a word here, not a boolean; and of two equal keys GitHub takes neither."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        assert len(names) == len(set(names)), f"a key is given twice: {sorted(names)}"
        return super().construct_mapping(node, deep=deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(path.read_text(), Loader=_Loader)
    return loaded


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for workflow, path in WORKFLOWS.items():
        for name, job in load(path)["jobs"].items():
            yield f"{workflow}.{name}", job


def steps() -> Iterator[dict[str, Any]]:
    for _, job in jobs():
        yield from job.get("steps", ())
    for path in ACTIONS:
        yield from load(path)["runs"]["steps"]


def used() -> set[str]:
    return {each["uses"] for each in [*steps(), *(job for _, job in jobs())] if "uses" in each}


def test_every_change_is_linted_tested_built_and_tried_on_localstack() -> None:
    checks = load(WORKFLOWS["ci"])
    assert set(checks["on"]) == {"pull_request", "push", "workflow_call"}
    commands = "\n".join(step.get("run", "") for job in checks["jobs"].values() for step in job["steps"])
    for command in (
        ".ci/run",
        "make image",
        "make test-image",
        "make e2e TARGET=localstack",
        "make checkov",
        "make sam ARGUMENTS=validate",
    ):
        assert command in commands


def test_deploys_main_alone_and_only_what_has_passed() -> None:
    workflow = load(WORKFLOWS["deploy"])
    assert workflow["on"] == {"push": {"branches": ["main"]}, "workflow_dispatch": None}
    order = {name: job.get("needs") for name, job in workflow["jobs"].items()}
    assert order == {"checks": None, "build": "checks", "staging": "build", "production": "staging"}
    assert workflow["jobs"]["checks"]["uses"] == "./.github/workflows/ci.yaml"
    assert "github.ref == 'refs/heads/main'" in workflow["jobs"]["build"]["if"]
    for name in DEPLOYING:
        job = workflow["jobs"][name]
        assert job["environment"]["name"] == name  # whose reviewers and whose role
        assert [step.get("uses") for step in job["steps"]].count("./.github/actions/deploy") == 1
        assert "make e2e" in job["steps"][-1]["run"]
        assert job["concurrency"] == {"group": f"deploy-{name}"}  # one at a time, and none is broken off


def test_nothing_is_built_anew_on_the_way_to_production() -> None:
    builders = [
        name
        for name, job in jobs()
        for step in job.get("steps", ())
        if "make sam ARGUMENTS=build" in step.get("run", "")
    ]
    assert builders == ["ci.template", "deploy.build"]
    [deploys] = [step["run"] for step in steps() if "sam deploy" in step.get("run", "")]
    assert "--template" not in deploys  # the built one, which the action has unpacked


@pytest.mark.parametrize(("name", "job"), list(jobs()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_job_ends_in_time_and_may_do_little(name: str, job: dict[str, Any]) -> None:
    if "uses" not in job:  # a called workflow's jobs have their own
        assert 0 < int(job["timeout-minutes"]) <= 120
    permissions = {"contents": "read"}
    if name in {f"deploy.{each}" for each in DEPLOYING}:
        permissions["id-token"] = "write"
    assert job["permissions"] == permissions


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_a_workflow_gives_nothing_by_default_and_takes_no_stranger_in(workflow: str) -> None:
    loaded = load(WORKFLOWS[workflow])
    assert loaded["permissions"] == {}
    assert not set(loaded["on"]) & {"pull_request_target", "workflow_run", "issue_comment"}


def test_uses_few_actions_each_by_commit() -> None:
    for action in used():
        if action.startswith("./"):
            path = ROOT / action
            assert path.is_file() or (path / "action.yaml").is_file(), action
            continue
        name, _, commit = action.partition("@")
        assert name in TRUSTED
        assert re.fullmatch("[0-9a-f]{40}", commit), action


@pytest.mark.parametrize("path", [*WORKFLOWS.values(), *ACTIONS], ids=lambda path: path.stem)
def test_names_the_release_of_each_commit(path: Path) -> None:
    for line in path.read_text().splitlines():
        if re.search(r"uses: [^.]", line):
            assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line


def test_one_action_has_one_version() -> None:
    names = [action.partition("@")[0] for action in used()]
    assert sorted(names) == sorted(set(names))


def test_scripts_take_values_as_variables_and_the_checkout_keeps_no_token() -> None:
    for step in steps():
        assert "${{" not in step.get("run", ""), "an expression is pasted into a script"
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] == "false"


def commands(path: Path) -> str:
    """A workflow's scripts; of a document what is code: indented, or in backticks."""
    text = path.read_text()
    pattern = r"run: (.+)|^ {8,}(.+)" if path.suffix == ".yaml" else r"^ {4}(.+)|`([^`]+)`"
    return "\n".join(one or other for one, other in re.findall(pattern, text, re.MULTILINE))


@pytest.mark.parametrize("path", [*WORKFLOWS.values(), *ACTIONS, *DOCUMENTS], ids=lambda path: path.name)
def test_calls_make_targets_that_exist(path: Path) -> None:
    assert set(re.findall(r"^make ([a-z][a-z0-9-]*)", commands(path), re.MULTILINE)) <= MAKE_TARGETS


@pytest.mark.parametrize("path", [*WORKFLOWS.values(), *ACTIONS], ids=lambda path: path.stem)
def test_names_files_that_exist(path: Path) -> None:
    named = re.findall(r"(?<![\w./-])(?:tests|docs|infra|localstack|\.ci)/[\w./-]*\w", path.read_text())
    assert all((ROOT / name).exists() for name in named), named
