"""Where the code of a LocalStack function lies: unpacked zips and layers, or the folders that stand for an image."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from localstack.services.lambda_.invocation.lambda_models import FunctionVersion


class UnknownImage(Exception):
    def __init__(self, uri: str) -> None:
        super().__init__(f"Nobody has said which folders stand for the image {uri}.")


def prepare_code(version: FunctionVersion) -> None:
    """Unpacks a zip function and its layers, which LocalStack's own executor does not apply."""
    for code in (version.config.code, *(layer.code for layer in version.config.layers)):
        if code:
            code.prepare_for_execution()


def paths_of(version: FunctionVersion, images: Mapping[str, Sequence[Path]]) -> list[Path]:
    """The code's root first, then what else belongs on PYTHONPATH."""
    config = version.config
    if config.image:
        folders = images.get(config.image.image_uri)
        if not folders:
            raise UnknownImage(config.image.image_uri)
        return list(folders)
    # A layer has its Python packages in python/, which Lambda puts on the path.
    layers = [layer.code.get_unzipped_code_location() / "python" for layer in config.layers if layer.code]
    return [config.code.get_unzipped_code_location(), *layers]


def handler_of(version: FunctionVersion) -> str:
    """A zip function has a handler; an image's is its command."""
    config = version.config
    if config.image:
        [command] = config.image_config.command
        return str(command)
    return str(config.handler)
