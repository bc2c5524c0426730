"""The workflows, and the documents with commands: what they name exists, and they may do no more than they need."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github/workflows").glob("*.yaml"))}
ACTIONS = sorted((ROOT / ".github/actions").glob("*/action.yaml"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
MAKE_TARGETS = set(" ".join(re.findall(r"^([a-z][a-z0-9 -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)).split())
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
        "make e2e TARGET=sam",
        "make checkov",
        "make sam ARGUMENTS=validate",
    ):
        assert command in commands


def test_each_python_that_the_project_supports_is_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    supported = [each.rsplit(" ", 1)[1] for each in project["classifiers"]]
    assert supported == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == ">=3.11,<3.15"
    job = load(WORKFLOWS["ci"])["jobs"]["test"]
    assert [each["python"] for each in job["strategy"]["matrix"]["include"]] == supported
    assert job["container"] == "${{ matrix.image }}"
    [check] = [step for step in job["steps"] if "EXPECTED" in step.get("env", {})]
    assert check["env"]["EXPECTED"] == "${{ matrix.python }}"  # an image may come to have a newer one
    for document in ("README.md", "CONTRIBUTING.md"):
        assert f"({supported[0]} to {supported[-1]}" in (ROOT / document).read_text()


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
    assert builders == ["deploy.build"]
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


def test_the_deploy_script_gives_sam_each_parameter_and_tells_the_url(tmp_path: Path) -> None:
    [step] = [step for step in load(ACTIONS[0])["runs"]["steps"] if step.get("id") == "stack"]
    url = "https://abc.execute-api.us-east-1.amazonaws.com/Prod"
    programs = {
        "localstack/bootstrap.py": "",
        ".livecode/sam-venv/bin/sam": '#!/bin/sh\nprintf "%s\\n" "$@" > arguments\n',
        "bin/aws": f"#!/bin/sh\necho {url}\n",
    }
    for name, text in programs.items():
        program = tmp_path / name
        program.parent.mkdir(parents=True)
        program.write_text(text)
        program.chmod(0o755)
    given = {
        "STACK": "livecode",
        "BUCKET": "bucket",
        "REPOSITORY": "1.dkr.ecr.us-east-1.amazonaws.com/runner",
        "CLOUDFORMATION_ROLE": "arn:aws:iam::1:role/cloudformation",
        "PARAMETERS": "PermissionsBoundaryArn=arn:aws:iam::1:policy/bound SubnetIds=subnet-1,subnet-2 LogLevel=DEBUG",
    }
    assert set(given) == set(step["env"]) - {"SAM_CLI_TELEMETRY"}
    environment = {"PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "GITHUB_OUTPUT": str(tmp_path / "output"), **given}
    # As GitHub runs it: https://docs.github.com/actions/reference/workflow-syntax-for-github-actions
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert arguments[:3] == ["deploy", "--config-env", "ci"]
    start = arguments.index("--parameter-overrides") + 1
    assert arguments[start:] == given["PARAMETERS"].split()
    for name in ("STACK", "BUCKET", "REPOSITORY", "CLOUDFORMATION_ROLE"):
        assert given[name] in arguments
    assert (tmp_path / "output").read_text() == f"url={url}\n"


def test_the_deploy_script_waits_for_nobody_and_uploads_where_it_is_told() -> None:
    settings = tomllib.loads((ROOT / "samconfig.toml").read_text())["ci"]["deploy"]["parameters"]
    assert settings["confirm_changeset"] is False
    assert settings["fail_on_empty_changeset"] is False
    assert not {"resolve_s3", "resolve_image_repos"} & set(settings)  # SAM takes no bucket beside them
