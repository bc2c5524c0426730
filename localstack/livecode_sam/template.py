"""The template that `sam build` has written, fit for containers that find AWS elsewhere."""

import json
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

from livecode_embedded.state import write_private
from livecode_sam.images import RUNNER_STAND_IN

_START_SECONDS = 60  # of a container, on a busy machine


def write_local_template(built: Path) -> Path:
    """Writes the template for `sam local` beside `built`, since its paths are relative; returns its path.

    `sam local` sets only variables that the template names, and boto3 is told by AWS_ENDPOINT_URL where AWS is. On AWS
    the functions do not have it. sam cannot take an image whose user is not root, and counts a container's start as
    part of the call.
    """
    document: dict[str, Any] = yaml_parse(built.read_text())
    document["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = ""
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {})
        if properties.get("PackageType") == "Image":
            properties["ImageUri"] = RUNNER_STAND_IN
        if resource["Type"] == "AWS::Serverless::Function" and "Timeout" in properties:
            properties["Timeout"] += _START_SECONDS
    path = built.with_name("local.json")
    path.write_text(json.dumps(document, indent=1))
    return path


def write_variables(path: Path, variables: dict[str, dict[str, str]]) -> None:
    """Writes each function's variables as a file for --env-vars. The database's password is in it."""
    write_private(path, json.dumps(variables, indent=1))
