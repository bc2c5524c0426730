"""The stack's parameters as the environment gives them."""

import pytest

from livecode_embedded.errors import StackError
from livecode_embedded.parameters import parse_parameters
from livecode_embedded.ports import chosen_port


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


@pytest.mark.parametrize("text", ["abc", "-1", "3000.5"])
def test_a_port_that_is_no_number_is_one_clear_line(monkeypatch, text):
    monkeypatch.setenv("LIVECODE_PORT", text)
    with pytest.raises(StackError, match=r"^LIVECODE_PORT is a port on 127\.0\.0\.1, not "):
        chosen_port("LIVECODE_PORT", 3000)


@pytest.mark.parametrize(("text", "port"), [("4000", 4000), ("", 3000)])
def test_reads_the_port(monkeypatch, text, port):
    monkeypatch.setenv("LIVECODE_PORT", text)
    assert chosen_port("LIVECODE_PORT", 3000) == port
