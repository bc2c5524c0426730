"""What runs a function of LocalStack's, by its own description of a version, of which this has what is read."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from livecode_localstack.code import UnknownImage, environment_spec, prepare_code
from livecode_localstack.settings import ExecutorSettings

SETTINGS = ExecutorSettings(
    function_python="/venv/bin/python",
    log_folder=Path("/logs"),
    images={"livecode-runner:latest": [Path("/code/runner"), Path("/code/layer")]},
)
VARIABLES = {"AWS_LAMBDA_FUNCTION_NAME": "fn", "PATH": "/theirs", "_HANDLER": None, "COUNT": 3}


class Archive:
    """A zip in LocalStack's store."""

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.prepared = 0

    def prepare_for_execution(self) -> None:
        self.prepared += 1

    def get_unzipped_code_location(self) -> Path:
        return self.folder


def version(**config):
    defaults: dict[str, Any] = {
        "code": None,
        "layers": [],
        "image": None,
        "handler": None,
        "timeout": 7,
        "memory_size": 512,
    }
    identity = SimpleNamespace(function_name="fn", unqualified_arn=lambda: "arn:aws:lambda:::function:fn")
    return SimpleNamespace(id=identity, config=SimpleNamespace(**{**defaults, **config}))


def zip_function():
    layers = [SimpleNamespace(code=Archive("/layers/one")), SimpleNamespace(code=None)]
    return version(code=Archive("/code/api"), layers=layers, handler="api.handler")


def image_function(uri="livecode-runner:latest"):
    return version(
        image=SimpleNamespace(image_uri=uri), image_config=SimpleNamespace(command=["livecode_runner.handler"])
    )


def test_a_zip_function_finds_its_code_and_its_layers():
    spec = environment_spec(zip_function(), VARIABLES, SETTINGS)
    assert spec.command == ("/venv/bin/python", "-m", "awslambdaric", "api.handler")
    assert spec.code_root == Path("/code/api")
    assert spec.variables["PYTHONPATH"] == "/code/api:/layers/one/python"
    assert spec.variables["LAMBDA_TASK_ROOT"] == "/code/api"
    assert (spec.timeout_seconds, spec.memory_mb, spec.function_name) == (7, 512, "fn")


def test_an_image_function_runs_its_command_in_the_folders_that_stand_for_it():
    spec = environment_spec(image_function(), VARIABLES, SETTINGS)
    assert spec.command[-1] == spec.variables["_HANDLER"] == "livecode_runner.handler"
    assert spec.variables["PYTHONPATH"] == "/code/runner:/code/layer"


def test_the_functions_variables_come_over_ours_as_text():
    variables = environment_spec(zip_function(), VARIABLES, SETTINGS).variables
    assert (variables["PATH"], variables["COUNT"]) == ("/theirs", "3")
    assert variables["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_an_unknown_image_is_named():
    with pytest.raises(UnknownImage, match="other:1"):
        environment_spec(image_function("other:1"), VARIABLES, SETTINGS)


def test_unpacks_code_and_layers():
    function = zip_function()
    prepare_code(function)
    assert function.config.code.prepared == function.config.layers[0].code.prepared == 1
    prepare_code(image_function())


def test_settings_survive_the_way_into_localstack():
    assert ExecutorSettings.from_environment(SETTINGS.variables()) == SETTINGS
