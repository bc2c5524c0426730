"""The stack's parameters as the environment gives them."""

import pytest

from livecode_local.parameters import parse_parameters


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        pytest.param("", {}, id="none"),
        pytest.param("A=1,B=2", {"A": "1", "B": "2"}, id="two"),
        pytest.param("A=x,y,z,B=2", {"A": "x,y,z", "B": "2"}, id="commas in a value"),
        pytest.param("Url=p://u?a=b", {"Url": "p://u?a=b"}, id="equals sign in a value"),
        pytest.param("A=", {"A": ""}, id="empty value"),
    ],
)
def test_reads_parameters(text, parameters):
    assert parse_parameters(text) == parameters
