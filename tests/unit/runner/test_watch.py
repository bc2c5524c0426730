"""The watch looks often where a limit is near, and seldom where it is far."""

import pytest

from livecode_runner.sandbox.phase import PhaseLimits
from livecode_runner.sandbox.watching.watch import LONGEST_TICK_SECONDS, SHORTEST_TICK_SECONDS, tick_seconds

MIB = 1 << 20
LIMITS = PhaseLimits(
    wall_time_seconds=30,
    memory_bytes=256 * MIB,
    stack_bytes=64 * MIB,
    process_limit=64,
    file_bytes=64 * MIB,
    stream_limit_bytes=MIB,
    output_limit_bytes=16 * MIB,
)


@pytest.mark.parametrize(
    ("memory_mib", "files_mib", "seconds"),
    [
        pytest.param(0, 0, LONGEST_TICK_SECONDS, id="at the start"),
        pytest.param(10, 1, LONGEST_TICK_SECONDS, id="a small program"),
        pytest.param(174, 0, SHORTEST_TICK_SECONDS, id="near its memory"),
        pytest.param(300, 0, SHORTEST_TICK_SECONDS, id="over its memory"),
        pytest.param(10, 44, SHORTEST_TICK_SECONDS, id="near its files"),
        pytest.param(10, 900, SHORTEST_TICK_SECONDS, id="others fill the disk"),
        pytest.param(10, -900, LONGEST_TICK_SECONDS, id="others free the disk"),
    ],
)
def test_waits_as_long_as_no_limit_can_be_reached(memory_mib, files_mib, seconds):
    assert tick_seconds(LIMITS, memory_mib * MIB, files_mib * MIB) == pytest.approx(seconds, rel=0.05)


@pytest.mark.parametrize("memory_mib", range(0, 170, 10))
def test_no_program_reaches_its_limit_before_the_next_look(memory_mib):
    """At 8 GiB a second, which is more than a processor can touch."""
    grown_mib = tick_seconds(LIMITS, memory_mib * MIB, 0) * 8 * 1024
    assert memory_mib + grown_mib <= 256
