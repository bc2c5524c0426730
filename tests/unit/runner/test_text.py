"""Program output becomes text that can be stored, cut where a character ends."""

import pytest

from livecode_runner.text import hide_folder, to_text


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"", ""),
        ("h\u00e9 \U0001f40d".encode(), "h\u00e9 \U0001f40d"),
        (b"a\0b", "a\u2400b"),
        (b"a\xffb", "a\ufffdb"),
        (b"a\xed\xa0\x80b", "a\ufffd\ufffd\ufffdb"),
        (b"a\r\nb", "a\r\nb"),
    ],
)
def test_decodes(printed, text):
    assert to_text(printed, 1000) == (text, False)


def test_an_incomplete_character_at_the_end_is_invalid_only_if_the_program_ended_there():
    assert to_text(b"a\xc3", 1000) == ("a\ufffd", False)
    assert to_text(b"a\xc3", 1000, complete=False) == ("a", True)


@pytest.mark.parametrize("limit_bytes", range(12))
def test_cuts_between_characters(limit_bytes):
    text, truncated = to_text("é🐍aé".encode(), limit_bytes)
    assert "é🐍aé".startswith(text)
    assert limit_bytes - 3 <= len(text.encode()) <= limit_bytes
    assert truncated == (limit_bytes < 9)


def test_replacements_count_as_what_is_stored():
    assert to_text(b"\xff" * 100, 30) == ("\ufffd" * 10, True)


@pytest.mark.parametrize(
    ("printed", "text"),
    [
        (b"", "Time is up\n"),
        (b"a", "a\nTime is up\n"),
        (b"a\n", "a\nTime is up\n"),
        (b"x" * 50, "x" * 18 + "\nTime is up\n"),
    ],
)
def test_the_last_line_survives(printed, text):
    assert to_text(printed, 30, last_line="Time is up")[0] == text


def test_hides_the_folder():
    printed = b'File "/runs/1/work/main.py" file:///runs/1/work/main.js:1 /runs/2/work/x'
    assert hide_folder(printed, "/runs/1/work") == b'File "main.py" main.js:1 /runs/2/work/x'
