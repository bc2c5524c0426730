"""Times as clients see them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter

from livecode_api.schemas import Time

_TIME = TypeAdapter(Time)


@pytest.mark.parametrize("hours", [0, 7, -3.5, 14])
def test_a_time_is_told_in_utc_whatever_zone_it_comes_in(hours: float) -> None:
    noon = datetime(2026, 1, 31, 12, 0, 0, 250_000, tzinfo=UTC)
    there = noon.astimezone(timezone(timedelta(hours=hours)))
    assert _TIME.dump_python(there) == "2026-01-31T12:00:00.250000Z"


def test_a_time_without_a_zone_is_never_told() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        _TIME.dump_python(datetime(2026, 1, 31))
