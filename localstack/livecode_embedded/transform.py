"""Turns the SAM template into CloudFormation with AWS's own translator; run as a process of its own.

The translator costs a second and some 60 MB, so the stack runs it apart and keeps its answer in the state folder.
"""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from livecode_embedded.errors import UnsupportedTemplate
from livecode_embedded.intrinsics import REGION

# The translator takes only uploaded code; what stands here never leaves the translation.
_UPLOADED_CODE = "s3://local/code"
_UPLOADED_IMAGE = "local/image:latest"


def transform(template: Path, cache_folder: Path) -> dict[str, Any]:
    """Translates the template with AWS's own translator; raises UnsupportedTemplate with its first complaint."""
    source = template.read_bytes()
    key = hashlib.sha256(source + version("aws-sam-translator").encode() + Path(__file__).read_bytes()).hexdigest()
    cached = cache_folder / f"template-{key[:16]}.json"
    if not cached.exists():
        process = subprocess.run(
            [sys.executable, "-m", "livecode_embedded.transform", str(template)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
            capture_output=True,
            check=False,
        )
        if process.returncode:
            lines = process.stderr.decode().strip().splitlines() or ["no reason given"]
            raise UnsupportedTemplate(f"{template} cannot be translated: {lines[-1]}")
        for outdated in cache_folder.glob("template-*.json"):
            outdated.unlink()
        cached.write_bytes(process.stdout)
    document: dict[str, Any] = json.loads(cached.read_bytes())
    return document


def translate(template: Path, parameters: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Translates the template to what CloudFormation gets; `parameters` are for what the translator itself reads."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator
    from samtranslator.yaml_helper import yaml_parse

    document: dict[str, Any] = yaml_parse(template.read_text())
    for resource in document.get("Resources", {}).values():
        properties = resource.get("Properties", {})
        if resource.get("Type") == "AWS::Serverless::Function":
            image = properties.get("PackageType") == "Image"
            properties["ImageUri" if image else "CodeUri"] = _UPLOADED_IMAGE if image else _UPLOADED_CODE
        elif resource.get("Type") == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = _UPLOADED_CODE
    # No managed policies: the translator would fetch their list from IAM, and roles have no meaning here.
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    translated: dict[str, Any] = translator.translate(document, dict(parameters or {}))
    return translated


if __name__ == "__main__":
    print(json.dumps(translate(Path(sys.argv[1]))))
