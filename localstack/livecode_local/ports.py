"""Ports on loopback."""

import socket

from livecode_local.errors import StackError


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
