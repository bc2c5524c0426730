"""A Docker network for as long as the service runs: sam's containers are in it, and so are the ways to our services."""

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from livecode_docker.engine import DockerEngine

_NAME = "livecode-sam"  # samconfig.toml names it too


@dataclass(frozen=True, kw_only=True)
class DockerNetwork:
    name: str
    gateway: str
    addresses: IPv4Network


@contextlib.contextmanager
def docker_network(engine: DockerEngine) -> Iterator[DockerNetwork]:
    """Makes a network of Docker's, which is removed at the end with every container that is still in it."""
    # One that a killed service has left; docker refuses while containers are in it.
    engine.docker("network", "rm", _NAME, check=False)
    engine.docker("network", "create", _NAME)
    try:
        [described] = json.loads(engine.docker("network", "inspect", _NAME).stdout)
        [config] = described["IPAM"]["Config"]
        yield DockerNetwork(name=_NAME, gateway=config["Gateway"], addresses=IPv4Network(config["Subnet"]))
    finally:
        left = engine.docker("ps", "--all", "--quiet", "--filter", f"network={_NAME}", check=False).stdout.split()
        if left:
            engine.docker("rm", "--force", *left, check=False)
        engine.docker("network", "rm", _NAME, check=False)
