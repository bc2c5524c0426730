"""The template packaged for LocalStack: what is uploaded, and what the template then says."""

import io
import shutil
import zipfile
from pathlib import Path

import pytest

from livecode_embedded.errors import StackError
from livecode_localstack.package import as_text, package

PROJECT = Path(__file__).parents[3]
TEMPLATE = PROJECT / "infra" / "template.yaml"


@pytest.fixture(scope="module")
def packaged():
    return package(TEMPLATE, bucket="deployments")


def names_in(packaged, uri):
    archive = packaged.archives[uri.removeprefix("s3://deployments/")]
    return zipfile.ZipFile(io.BytesIO(archive)).namelist()


def test_uploads_the_code_of_zip_functions(packaged):
    uri = packaged.template["Resources"]["ApiFunction"]["Properties"]["CodeUri"]
    names = names_in(packaged, uri)
    assert "livecode_api/handler.py" in names
    assert not [name for name in names if "__pycache__" in name]


def test_uploads_a_layer_below_python(packaged):
    names = names_in(packaged, packaged.template["Resources"]["RuntimesLayer"]["Properties"]["ContentUri"])
    assert "python/livecode/languages.py" in names
    assert all(name.startswith("python/") for name in names)


def test_says_which_folders_stand_for_an_image(packaged):
    runner = packaged.template["Resources"]["RunnerFunction"]
    assert "Metadata" not in runner
    folders = packaged.images[runner["Properties"]["ImageUri"]]
    assert folders == [PROJECT / "functions" / "runner", PROJECT / "layers" / "runtimes" / "python"]


def test_the_container_knows_the_images_by_the_same_names(packaged):
    dockerfile = (PROJECT / "localstack" / "Dockerfile").read_text()
    for uri, folders in packaged.images.items():
        inside = ", ".join(f'"/opt/livecode/{folder.relative_to(PROJECT)}"' for folder in folders)
        assert f'"{uri}": [{inside}]' in dockerfile


def test_the_same_code_gets_the_same_name_and_other_code_another(packaged, tmp_path):
    for folder in ("infra", "functions", "layers"):
        shutil.copytree(PROJECT / folder, tmp_path / folder)
    copy = tmp_path / "infra" / "template.yaml"
    assert package(copy, bucket="deployments").archives == packaged.archives
    handler = tmp_path / "functions" / "api" / "livecode_api" / "handler.py"
    handler.write_text(handler.read_text() + "\n")
    changed = package(copy, bucket="deployments").archives
    assert len(changed.keys() - packaged.archives.keys()) == 1


def test_leaves_out_what_moves_traffic_between_versions(packaged):
    for resource in packaged.template["Resources"].values():
        assert not resource.get("Properties", {}).keys() & {"AutoPublishAlias", "DeploymentPreference"}


def test_leaves_out_what_is_conditioned_off(packaged):
    assert not [
        row for row in packaged.template["Resources"].values() if row["Type"].startswith(("AWS::RDS", "Custom"))
    ]


def test_the_template_can_be_sent(packaged):
    assert '"Platform"' in as_text(packaged.template)


@pytest.mark.parametrize("text", ["- a list\n", "Resources: [\n", "Description: nothing else\n", ""])
def test_refuses_what_is_no_template_in_one_line(tmp_path, text):
    path = tmp_path / "template.yaml"
    path.write_text(text)
    with pytest.raises(StackError, match=r"is no template: [^\n]+$"):
        package(path, bucket="deployments")


def test_refuses_a_template_that_is_not_there(tmp_path):
    with pytest.raises(StackError, match="no template"):
        package(tmp_path / "template.yaml", bucket="deployments")
