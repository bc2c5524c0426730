"""What of a network can be reached: kinds of sockets, the Runtime API, the metadata address, names."""

import socket
from functools import partial

from .calls import Json, NotObserved, Observer, in_child, verdict

_METADATA = "169.254.169.254:80"  # EC2's instance metadata; Lambda has none
_CONNECT_SECONDS = 1.0
_FAMILIES = {
    "inet": (socket.AF_INET, socket.SOCK_STREAM),
    "inet_udp": (socket.AF_INET, socket.SOCK_DGRAM),
    "inet6": (socket.AF_INET6, socket.SOCK_STREAM),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM),
    "netlink": (socket.AF_NETLINK, socket.SOCK_RAW),
    "packet": (socket.AF_PACKET, socket.SOCK_RAW),
    "vsock": (socket.AF_VSOCK, socket.SOCK_STREAM),
}


def sockets() -> Json:
    return {name: verdict(lambda: socket.socket(*kind).close()) for name, kind in _FAMILIES.items()}  # noqa: B023


def connects(address: str) -> Json:
    """Tries a connection and closes it at once: nothing is sent."""
    host, _, port = address.rpartition(":")
    if not port.isdigit():
        raise NotObserved("there is none")
    return verdict(lambda: socket.create_connection((host, int(port)), timeout=_CONNECT_SECONDS).close())


def resolves(name: str) -> Json:
    def resolve() -> str:
        try:
            socket.getaddrinfo(name, 443)
        except socket.gaierror as error:
            return "no answer" if error.errno == socket.EAI_AGAIN else "no such name"
        return "yes"

    return in_child(resolve)


def observers(runtime_api: str) -> dict[str, Observer]:
    return {
        "sockets": sockets,
        "interfaces": lambda: [name for _, name in socket.if_nameindex()],
        "runtime_api": partial(connects, runtime_api),
        "metadata_address": partial(connects, _METADATA),
        "resolves_a_name": partial(resolves, "example.com"),
    }
