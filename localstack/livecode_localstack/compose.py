"""LocalStack and Postgres in containers, by compose.yaml and the machine's own Docker."""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from livecode_embedded.errors import StackError
from livecode_embedded.logs import say

COMPOSE_FILE = Path(__file__).parents[1] / "compose.yaml"
LAST_FREE_VERSION = "4.14.0"
# As the functions reach it in compose.yaml's network.
_DATABASE_URL = "postgresql://livecode:{password}@postgres:5432/livecode"
_HEALTHY_SECONDS = 300


def check_version(version: str, token: str) -> None:
    """Raises StackError for a LocalStack that would end at once for want of a token."""
    numbers = version.split(".")
    free = all(number.isdigit() for number in numbers) and _ordered(version) <= _ordered(LAST_FREE_VERSION)
    if not free and not token:
        raise StackError(
            f"LocalStack {version} needs LOCALSTACK_AUTH_TOKEN; {LAST_FREE_VERSION} is the last that runs without."
        )


def compose_command() -> list[str]:
    """Finds `docker compose`, or the older docker-compose; raises StackError."""
    if shutil.which("docker") and _succeeds(["docker", "compose", "version"]):
        return ["docker", "compose"]
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    raise StackError(
        "There is no docker compose; install Docker with its compose plugin, or the package docker-compose."
    )


def up(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Starts both; LocalStack's endpoint, and the database's URL as functions reach it. Raises StackError."""
    check_version(
        environment.get("LOCALSTACK_VERSION") or LAST_FREE_VERSION, environment.get("LOCALSTACK_AUTH_TOKEN", "")
    )
    _compose("up", "--detach", "--build")
    endpoint_url = f"http://127.0.0.1:{environment.get('LIVECODE_LOCALSTACK_PORT') or 4566}"
    _wait_until_healthy(endpoint_url)
    password = environment.get("LIVECODE_POSTGRES_PASSWORD") or "livecode"
    return endpoint_url, _DATABASE_URL.format(password=password)


def down() -> None:
    """Ends both and removes what they have stored."""
    _compose("down", "--volumes")


def _compose(*arguments: str) -> None:
    # More files, as docker itself takes them: COMPOSE_FILE=localstack/compose.yaml:mine.yaml
    files = [] if os.environ.get("COMPOSE_FILE") else ["--file", str(COMPOSE_FILE)]
    if subprocess.run([*compose_command(), *files, *arguments], check=False).returncode:
        raise StackError(f"docker compose {arguments[0]} failed; what it printed says why.")


def _wait_until_healthy(endpoint_url: str) -> None:
    say(f"Waiting for LocalStack at {endpoint_url}")
    deadline = time.monotonic() + _HEALTHY_SECONDS
    while True:
        try:
            with urlopen(f"{endpoint_url}/_localstack/health", timeout=5):
                return
        except (URLError, OSError) as error:
            if isinstance(error, HTTPError):
                error.close()  # it is the answer, too, and holds the connection
            if time.monotonic() > deadline:
                raise StackError(f"LocalStack does not answer at {endpoint_url}; see `docker compose logs`.") from error
        time.sleep(0.5)


def _ordered(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
