"""Ports on loopback."""

import contextlib
import os
import socket

from livecode_embedded.errors import StackError


def chosen_port(setting: str, default: int) -> int:
    """Reads the port that the environment's setting names; raises StackError if that is no number."""
    text = os.environ.get(setting) or str(default)
    if not text.isdecimal():
        raise StackError(f"{setting} is a port on 127.0.0.1, not {text!r}.")
    return int(text)


def free_port() -> int:
    """Finds a port that nobody listens on just now; by the time that it is used, somebody may."""
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    """Finds several free ports, each another one."""
    with contextlib.ExitStack() as taken:
        servers = [taken.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [server.getsockname()[1] for server in servers]


def check_port(port: int, *, setting: str) -> None:
    """Raises StackError, which names the setting, for a port that cannot be listened on."""
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise StackError(
                f"Port {port} on 127.0.0.1 cannot be used ({reason}); choose another with {setting}."
            ) from error
