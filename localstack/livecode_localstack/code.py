"""What runs a LocalStack function, and where its code lies: unpacked zips and layers, or the folders of an image."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livecode_embedded.environment import EnvironmentSpec
from livecode_embedded.system_path import SYSTEM_PATH
from livecode_localstack.settings import ExecutorSettings

if TYPE_CHECKING:
    from localstack.services.lambda_.invocation.lambda_models import FunctionVersion


class UnknownImage(Exception):
    def __init__(self, uri: str) -> None:
        super().__init__(f"Nobody has said which folders stand for the image {uri}.")


def prepare_code(version: "FunctionVersion") -> None:
    """Unpacks a zip function and its layers, which LocalStack's own executor does not apply."""
    for code in (version.config.code, *(layer.code for layer in version.config.layers)):
        if code:
            code.prepare_for_execution()


def paths_of(version: "FunctionVersion", images: Mapping[str, Sequence[Path]]) -> list[Path]:
    """Returns the code's root first, then what else belongs on PYTHONPATH."""
    config = version.config
    if config.image:
        folders = images.get(config.image.image_uri)
        if not folders:
            raise UnknownImage(config.image.image_uri)
        return list(folders)
    # A layer has its Python packages in python/, which Lambda puts on the path.
    layers = [layer.code.get_unzipped_code_location() / "python" for layer in config.layers if layer.code]
    return [config.code.get_unzipped_code_location(), *layers]


def handler_of(version: "FunctionVersion") -> str:
    """Returns the handler of a function; an image's is its command."""
    config = version.config
    if config.image:
        [command] = config.image_config.command
        return str(command)
    return str(config.handler)


def environment_spec(
    version: "FunctionVersion", env_vars: dict[str, Any], settings: ExecutorSettings
) -> EnvironmentSpec:
    """Describes what runs a version of a function: AWS's runtime client, its code, its layers."""
    config = version.config
    handler = handler_of(version)
    code_root, *layers = paths_of(version, settings.images)
    return EnvironmentSpec(
        function_name=version.id.function_name,
        function_arn=version.id.unqualified_arn(),
        command=(settings.function_python, "-m", "awslambdaric", handler),
        code_root=code_root,
        variables={
            "LANG": "C.UTF-8",  # Lambda's en_US.UTF-8 is not installed everywhere
            "PATH": SYSTEM_PATH,
            # A developer's own profiles must not reach the functions.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            **{name: str(value) for name, value in env_vars.items()},
            "LAMBDA_TASK_ROOT": str(code_root),
            "PYTHONPATH": os.pathsep.join(map(str, (code_root, *layers))),
            "_HANDLER": handler,
        },
        timeout_seconds=float(config.timeout),
        memory_mb=int(config.memory_size),
    )
