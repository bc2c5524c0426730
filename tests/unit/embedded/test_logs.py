"""Log lines, condensed for a reader of the terminal."""

import json

import pytest

from livecode_embedded.logs import condense


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        pytest.param("START RequestId: 1 Version: $LATEST", None, id="platform line"),
        pytest.param("", None, id="empty"),
        pytest.param('{"_aws": {}, "Runs": 1}', None, id="metric"),
        pytest.param("plain", ("INFO", "plain"), id="text"),
        pytest.param('{"no JSON', ("INFO", '{"no JSON'), id="almost JSON"),
        pytest.param(
            json.dumps({"level": "WARNING", "location": "f:1", "message": "claimed", "attempt": 2, "who": "a b"}),
            ("WARNING", 'claimed attempt=2 who="a b"'),
            id="structured",
        ),
        pytest.param(
            json.dumps({"level": "ERROR", "message": "failed", "exception": "Traceback\n  line"}),
            ("ERROR", "failed\nTraceback\n  line"),
            id="exception",
        ),
        pytest.param(
            json.dumps({"level": "ERROR", "errorType": "ValueError", "errorMessage": "x", "stackTrace": ["  a\n"]}),
            ("ERROR", "ValueError: x\n  a"),
            id="runtime error",
        ),
    ],
)
def test_condenses(line, shown):
    assert condense(line) == shown
