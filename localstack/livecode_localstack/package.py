"""Packages infra/template.yaml for LocalStack: code as zip archives in S3, the template with their places in it.

What `sam package` does for AWS, for our executor, which has the layers' third-party packages and knows the folders of
code that stand for an image. LocalStack's own would want both built, and takes no image function in the free edition.
"""

import hashlib
import io
import json
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from samtranslator.yaml_helper import yaml_parse

from livecode_embedded.errors import StackError
from livecode_localstack.conditions import remove_disabled

# Of the image that `make image` builds; no registry has it.
IMAGE_PREFIX = "livecode"
# LocalStack's CloudFormation can make an alias but not move it, and its free edition has no CodeDeploy. Before SAM has
# translated the template it also walks round the circle of a function, its deployment's alarms, and what they watch.
_UNSUPPORTED = ("AutoPublishAlias", "AutoPublishAliasAllProperties", "DeploymentPreference")
_LEFT_OUT = {"__pycache__", "requirements.txt", "Makefile", "Dockerfile"}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip can hold


@dataclass(frozen=True, kw_only=True)
class Package:
    """`archives` by their S3 key; `images` has the folders of code that stand for a container image, by its URI."""

    template: dict[str, Any]
    archives: Mapping[str, bytes]
    images: Mapping[str, Sequence[Path]]


def package(template: Path, *, bucket: str) -> Package:
    """Raises StackError for a template that is none."""
    return _Packager(template, bucket).package()


class _Packager:
    def __init__(self, template: Path, bucket: str) -> None:
        try:
            self._document: dict[str, Any] = yaml_parse(template.read_text())
            self._resources: dict[str, Any] = self._document["Resources"]
        except (OSError, TypeError, KeyError, yaml.YAMLError) as error:
            raise StackError(f"{template} is no template: {' '.join(str(error).split())}") from error
        self._folder = template.parent
        self._layers = [
            self._folder / resource["Properties"]["ContentUri"]
            for resource in self._resources.values()
            if resource.get("Type") == "AWS::Serverless::LayerVersion"
        ]
        self._bucket = bucket
        self._archives: dict[str, bytes] = {}
        self._images: dict[str, Sequence[Path]] = {}

    def package(self) -> Package:
        for name, resource in self._resources.items():
            properties = resource.get("Properties", {})
            for unsupported in _UNSUPPORTED:
                properties.pop(unsupported, None)
            match resource.get("Type"), properties.get("PackageType"):
                case "AWS::Serverless::LayerVersion", _:
                    folder = self._folder / properties["ContentUri"]
                    properties["ContentUri"] = self._upload(folder, below="python")
                case "AWS::Serverless::Function", "Image":
                    self._package_image(name, resource)
                case "AWS::Serverless::Function", _:
                    properties["CodeUri"] = self._upload(self._folder / properties["CodeUri"])
        template = remove_disabled(self._document, {"Platform": "localstack"})
        return Package(template=template, archives=self._archives, images=self._images)

    def _package_image(self, name: str, resource: dict[str, Any]) -> None:
        metadata = resource.pop("Metadata")
        uri = f"{IMAGE_PREFIX}-{name.removesuffix('Function').lower()}:{metadata['DockerTag']}"
        resource["Properties"]["ImageUri"] = uri
        # An image's code is what lies beside its Dockerfile; what it copies from elsewhere is the layer.
        dockerfile = self._folder / metadata["DockerContext"] / metadata["Dockerfile"]
        self._images[uri] = [dockerfile.parent.resolve(), *(layer.resolve() for layer in self._layers)]

    def _upload(self, folder: Path, *, below: str = "") -> str:
        return self._store(_archive({str(Path(below) / name): content for name, content in _files_of(folder)}))

    def _store(self, archive: bytes) -> str:
        # Named by content: CloudFormation updates a function when its code has another name.
        key = f"{hashlib.sha256(archive).hexdigest()[:32]}.zip"
        self._archives[key] = archive
        return f"s3://{self._bucket}/{key}"


def _files_of(folder: Path) -> list[tuple[str, bytes]]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and not _LEFT_OUT & set(path.parts))
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in paths]


def _archive(files: Mapping[str, bytes]) -> bytes:
    """Packs files into a zip: the same bytes for the same files, whenever they were written."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (stat.S_IFREG | 0o755) << 16
            archive.writestr(entry, content)
    return buffer.getvalue()


def as_text(template: Mapping[str, Any]) -> str:
    """Writes the template as JSON, which is YAML too."""
    return json.dumps(template)
