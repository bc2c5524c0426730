"""compose.yaml: loopback, pinned images, health checks; and the token that newer versions want."""

from pathlib import Path

import pytest
import yaml

from livecode_embedded.errors import StackError
from livecode_localstack import compose
from livecode_localstack.process import SETTINGS

PROJECT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def services():
    return yaml.safe_load(compose.COMPOSE_FILE.read_text())["services"]


def test_serves_on_loopback_alone(services):
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_every_image_has_an_exact_version_and_every_service_a_health_check(services):
    dockerfile = (PROJECT / "localstack" / "Dockerfile").read_text()
    assert f"ARG LOCALSTACK_IMAGE=localstack/localstack:{compose.LAST_FREE_VERSION}\n" in dockerfile
    default = f":${{LOCALSTACK_VERSION:-{compose.LAST_FREE_VERSION}}}"
    assert services["localstack"]["build"]["args"]["LOCALSTACK_IMAGE"] == f"localstack/localstack{default}"
    assert services["localstack"]["image"].endswith(default)
    assert services["postgres"]["image"].rpartition(":")[2].replace(".", "").isdigit()
    assert all(service["healthcheck"]["test"] for service in services.values())
    assert services["localstack"]["depends_on"]["postgres"]["condition"] == "service_healthy"


def test_nothing_gets_the_docker_socket_or_privileges(services):
    for service in services.values():
        assert not {"privileged", "cap_add", "network_mode", "pid"} & service.keys()
        assert "docker.sock" not in str(service)


def test_localstack_is_set_up_as_without_docker(services):
    variables = services["localstack"]["environment"]
    shared = SETTINGS.keys() & variables.keys()
    assert len(shared) >= 4
    assert {name: variables[name] for name in shared} == {name: SETTINGS[name] for name in shared}


def test_the_build_context_has_all_that_is_copied():
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    sent = [line.removeprefix("!") for line in ignored if line.startswith("!")]
    lines = (PROJECT / "localstack" / "Dockerfile").read_text().splitlines()
    copied = [line.split()[1] for line in lines if line.startswith("COPY ")]
    assert copied
    for path in copied:
        assert (PROJECT / path).exists(), path
        assert any(path == each or path.startswith(f"{each}/") for each in sent), path


@pytest.mark.parametrize("version", ["4.14.0", "4.9.2", "4"])
def test_old_versions_need_no_token(version):
    compose.check_version(version, token="")


@pytest.mark.parametrize("version", ["4.14.1", "2026.3.0", "latest", "5"])
def test_newer_versions_need_a_token_and_say_so_in_one_line(version):
    with pytest.raises(StackError, match=rf"^LocalStack {version} needs LOCALSTACK_AUTH_TOKEN; 4\.14\.0 is .*\.$"):
        compose.check_version(version, token="")
    compose.check_version(version, token="ls-token")


def test_without_docker_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(StackError, match=r"^There is no docker compose; install"):
        compose.up({})
