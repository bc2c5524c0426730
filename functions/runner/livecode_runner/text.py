"""Makes text that can be stored of the bytes that a program printed."""

import codecs
import re
from collections.abc import Iterable, Mapping

_NUL, _VISIBLE_NUL = "\x00", "\u2400"  # Postgres cannot hold NUL


def to_text(printed: bytes, limit_bytes: int, *, complete: bool = True, last_line: str = "") -> tuple[str, bool]:
    """Decodes to text of at most `limit_bytes` bytes of UTF-8; says also whether something was left out.

    What is no UTF-8 becomes U+FFFD and NUL becomes U+2400. `complete` says that `printed` is all there was. `last_line`
    is appended on a line of its own, and is never what is left out.
    """
    # Not final, the decoder drops a character that was cut in the middle instead of calling it invalid.
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    text = decoder.decode(printed, final=complete).replace(_NUL, _VISIBLE_NUL)
    room = limit_bytes - len(last_line.encode()) - len("\n") * 2 if last_line else limit_bytes
    encoded = text.encode()
    cut = len(encoded) > max(0, room)
    if cut:
        text = encoded[: max(0, room)].decode(errors="ignore")
    if last_line:
        text = f"{text}\n" if text and not text.endswith("\n") else text
        text = f"{text}{last_line}\n"
    return text, cut or not complete


def hide_folders(printed: bytes, names_in_messages: Mapping[str, str], *, complete: bool = True) -> bytes:
    """Leaves out these folders before the names of files, and puts their short names where they stand alone.

    Tracebacks, compilers and linkers name files by their full paths; a program's author knows them by their names. If
    `printed` is not all there was, a path that is cut off at its end goes too.
    """
    for folder, short in names_in_messages.items():
        path = rb"(?:file://)?" + re.escape(folder.encode())
        printed = re.sub(path + rb"/", b"", printed)
        printed = re.sub(path + rb"(?![\w.-])", short.encode(), printed)
    return printed if complete else _without_cut_path(printed, names_in_messages)


def _without_cut_path(printed: bytes, folders: Iterable[str]) -> bytes:
    for folder in sorted(folders, key=len, reverse=True):
        path = folder.encode()
        for length in range(len(path), 1, -1):
            if printed.endswith(path[:length]):
                return printed[:-length].removesuffix(b"file://")
    return printed
