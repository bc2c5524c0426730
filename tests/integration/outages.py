"""A way to lose the database at will: a TCP proxy that can be cut and mended."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Self

from sqlalchemy import make_url

# https://www.postgresql.org/docs/current/protocol-message-formats.html: the length, and the tag of what was done
_COMMAND_COMPLETE = re.compile(rb"C\0\0\0.(SELECT|INSERT|UPDATE|DELETE) ", re.DOTALL)


class Wire:
    """Forwards 127.0.0.1:`port` to Postgres until `cut`; then ends every connection and takes none until `mend`.

    After `swallow_results`, until `mend`, Postgres does what it is told, and from the first statement that it has done
    nobody hears what it says.
    """

    def __init__(self, url: str) -> None:
        self._target = make_url(url)
        self._up = True
        self._swallows = self._silent = self._hangs_up = False
        self._ends: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        port = self._listener.getsockname()[1]
        return self._target.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)

    def cut(self) -> None:
        self._up = False
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        self._ends.clear()

    def swallow_results(self) -> None:
        self._swallows = True

    def hang_up_on_statements(self) -> None:
        """Until `mend`, lets clients log in, and ends their connection at the first statement."""
        self._hangs_up = True

    def mend(self) -> None:
        self._up, self._swallows, self._silent, self._hangs_up = True, False, False, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.cut()
        # Closing alone does not wake an accept() in another thread.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._up:
                client.close()
                continue
            server = socket.create_connection((self._target.host or "127.0.0.1", self._target.port or 5432))
            self._ends += [client, server]
            for source, sink, passes in (
                (client, server, partial(self._is_told, client)),
                (server, client, self._is_heard),
            ):
                threading.Thread(target=_pump, args=(source, sink, passes), daemon=True).start()

    def _is_told(self, client: socket.socket, message: bytes) -> bool:
        if self._hangs_up and message[:1] in (b"P", b"Q"):  # Parse, Query
            client.shutdown(socket.SHUT_RDWR)
            return False
        return True

    def _is_heard(self, answer: bytes) -> bool:
        self._silent |= self._swallows and bool(_COMMAND_COMPLETE.search(answer))
        return not self._silent


def _pump(source: socket.socket, sink: socket.socket, passes: Callable[[bytes], bool]) -> None:
    with contextlib.suppress(OSError):
        while chunk := source.recv(65_536):
            if passes(chunk):
                sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
