"""Which messages of a batch stay in the queue, by what the function answered."""

import json

import pytest

from livecode_local.environment import Invocation
from livecode_local.mappings import failed_items

BATCH = {"a", "b"}


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        pytest.param({"batchItemFailures": []}, set(), id="none failed"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "a"}]}, {"a"}, id="one failed"),
        pytest.param({"batchItemFailures": None}, set(), id="null list"),
        pytest.param(None, set(), id="null"),
        pytest.param({}, set(), id="empty"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": "c"}]}, BATCH, id="a stranger"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": ""}]}, BATCH, id="an empty name"),
        pytest.param({"batchItemFailures": [{"itemIdentifier": None}]}, BATCH, id="a null name"),
        pytest.param({"batchItemFailures": [{"other": "a"}]}, BATCH, id="a wrong key"),
        pytest.param({"batchItemFailures": ["a"]}, BATCH, id="no object"),
        pytest.param({"batchItemFailures": "a"}, BATCH, id="no list"),
        pytest.param("text", BATCH, id="a string"),
    ],
)
def test_reads_partial_batch_responses(answer, failed):
    result = Invocation(request_id="1", payload=json.dumps(answer).encode())
    assert failed_items(result, BATCH, partial=True) == failed


def test_a_function_that_fails_fails_its_batch():
    result = Invocation(request_id="1", payload=b"{}", error=True)
    assert failed_items(result, BATCH, partial=True) == BATCH


def test_without_partial_responses_an_answer_is_success():
    result = Invocation(request_id="1", payload=b'{"batchItemFailures": [{"itemIdentifier": "a"}]}')
    assert failed_items(result, BATCH, partial=False) == set()
