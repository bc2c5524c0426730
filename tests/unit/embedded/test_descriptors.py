"""How many descriptors and connections there may be."""

import subprocess
import sys
from pathlib import Path

import pytest

from livecode_embedded.descriptors import maximum_connections, maximum_endpoint_connections

_LOCALSTACK = Path(__file__).parents[3] / "localstack"


@pytest.mark.parametrize("limit", [256, 400, 1024, 4096, 65536, 1_000_000])
def test_connections_leave_descriptors_for_everything_else(limit):
    connections = maximum_connections(limit) + maximum_endpoint_connections(limit)
    assert connections + min(200, limit // 2) < limit
    assert connections <= 5120


@pytest.mark.parametrize(("soft", "hard", "raised"), [(100, 300, 300), (300, 300, 300), (100, 70_000, 65_536)])
def test_raises_the_soft_limit_as_far_as_it_may(soft, hard, raised):
    # In a process of its own: a limit that has been lowered stays low.
    source = (
        "import resource\nfrom livecode_embedded.descriptors import raise_descriptor_limit\n"
        "hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, min({hard}, hard)))\n"
        "print(raise_descriptor_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))\n"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, cwd=_LOCALSTACK, timeout=30)
    assert done.stderr == ""
    told, soft_now, hard_now = map(int, done.stdout.split())
    assert told == soft_now == min(raised, hard_now)
