"""What the unit tests are handed."""

import pytest

from tests.unit.api import Api


@pytest.fixture
def api() -> Api:
    return Api()
