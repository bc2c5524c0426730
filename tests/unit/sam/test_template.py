"""What `sam local` is told that the template does not say."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from samtranslator.yaml_helper import yaml_parse

from livecode_sam.images import RUNNER_STAND_IN
from livecode_sam.template import write_local_template

TEMPLATE = Path(__file__).parents[3] / "infra" / "template.yaml"


@pytest.fixture
def template() -> dict[str, Any]:
    document: dict[str, Any] = yaml_parse(TEMPLATE.read_text())
    return document


@pytest.fixture
def local(tmp_path: Path) -> dict[str, Any]:
    built = Path(shutil.copy(TEMPLATE, tmp_path))
    path = write_local_template(built)
    assert path.parent == built.parent
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def functions(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: resource["Properties"]
        for name, resource in document["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def test_every_function_may_be_told_where_aws_is(local: dict[str, Any]) -> None:
    assert local["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] == ""


def test_the_runner_is_the_image_that_sam_can_take(template: dict[str, Any], local: dict[str, Any]) -> None:
    assert functions(local)["RunnerFunction"]["ImageUri"] == RUNNER_STAND_IN
    assert [name for name, properties in functions(local).items() if "ImageUri" in properties] == ["RunnerFunction"]


def test_a_call_has_time_for_a_containers_start(template: dict[str, Any], local: dict[str, Any]) -> None:
    assert functions(local)
    for name, properties in functions(local).items():
        assert properties["Timeout"] >= functions(template)[name]["Timeout"] + 30


def test_nothing_else_differs(template: dict[str, Any], local: dict[str, Any]) -> None:
    del local["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"]
    for name, properties in functions(local).items():
        original = functions(template)[name]
        properties["Timeout"] = original["Timeout"]
        if name == "RunnerFunction":
            properties.pop("ImageUri")
            original.pop("ImageUri", None)
    assert local == json.loads(json.dumps(template))
