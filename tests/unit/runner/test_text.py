"""Program output becomes text that can be stored, cut where a character ends."""

import pytest

from livecode_runner.text import hide_folders, to_text


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


SHORT_NAMES = {"/runs/1/work": ".", "/runs/1/home": "~", "/runs/1": ".."}


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        (b'File "/runs/1/work/main.py" file:///runs/1/work/main.js:1', b'File "main.py" main.js:1'),
        (b"/runs/1/home/ccA.o: in function `main':", b"ccA.o: in function `main':"),
        (
            b"/runs/1/home/ccA.s: Assembler messages:\n/runs/1/home/ccA.s:2: Error",
            b"ccA.s: Assembler messages:\nccA.s:2: Error",
        ),
        (b"open '/runs/1/home/tmpx/y'", b"open 'tmpx/y'"),
        (b"'/runs/1/work', /runs/1/home\n/runs/1", b"'.', ~\n.."),
        (b"/runs/1/python/sitecustomize.py", b"python/sitecustomize.py"),
        (b"/runs/2/work/x /runs/1/works/x /runs/12", b"/runs/2/work/x works/x /runs/12"),
        (b"(/runs/1/work:/runs/1/home)", b"(.:~)"),
    ],
)
def test_hides_the_folders_of_the_run(printed, shown):
    assert hide_folders(printed, SHORT_NAMES) == shown


@pytest.mark.parametrize("length", range(len("file:///runs/1/work/main.py") + 1))
def test_hides_a_folder_that_the_limit_cuts(length):
    kept = b"at main.py, " + b"file:///runs/1/work/main.py"[:length]
    shown = hide_folders(kept, SHORT_NAMES, complete=False)
    assert b"/ru" not in shown
    assert shown.startswith(b"at main.py, ")


def test_a_whole_output_keeps_what_looks_like_the_start_of_a_folder():
    assert hide_folders(b"cd /run", SHORT_NAMES) == b"cd /run"
