"""How many files and sockets the stack may hold at a time, and how many of them are connections."""

import resource

# Nobody needs more; some programs go through all that there could be.
_WANTED = 65536
# For the functions' environments (four each), logs, the database, what is opened for a moment.
_SPARE = 256
_MOST_CONNECTIONS = 4096


def raise_descriptor_limit() -> int:
    """Raises the soft limit, on many machines 1,024, as far as the hard one allows; returns what it is then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _WANTED if hard == resource.RLIM_INFINITY else min(_WANTED, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return _WANTED if soft == resource.RLIM_INFINITY else soft
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def maximum_connections(descriptors: int | None = None) -> int:
    """Returns how many connections the gateway takes under a limit of descriptors, by default this process's."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if descriptors is None else descriptors
    if limit == resource.RLIM_INFINITY:
        return _MOST_CONNECTIONS
    # A fifth of the rest is left to the AWS endpoint, whose clients are the functions.
    return min(_MOST_CONNECTIONS, max(16, (limit - _SPARE) * 4 // 5))


def maximum_endpoint_connections(descriptors: int | None = None) -> int:
    return max(16, maximum_connections(descriptors) // 4)
