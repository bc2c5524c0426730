"""Changes what the kernel lets others do to this process, the runner, and whose orphans it adopts (prctl(2))."""

import ctypes

# linux/prctl.h
_PR_SET_DUMPABLE, _PR_GET_DUMPABLE, _PR_SET_CHILD_SUBREAPER = 4, 3, 36
_libc = ctypes.CDLL(None, use_errno=True)


def make_unreadable() -> bool:
    """Hides our memory, environment and descriptors from all processes of our uid; returns whether that worked.

    Root without capabilities counts as one of our uid.
    """
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return bool(_libc.prctl(_PR_GET_DUMPABLE, 0, 0, 0, 0) == 0)


def adopt_orphans() -> bool:
    """Makes this process a subreaper; returns whether that worked.

    Processes below us that lose their parent then become our children, rather than those of PID 1.
    """
    return bool(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
