"""Looks at the environment that it runs in, and tries what it allows: standard library only, in a process of its own.

The same code runs twice: beside the runner, and as a program in the sandbox, which gets it as a zip file. It prints
verdicts and counts, never what a file of another process holds.
"""

import os


def _open_descriptors() -> tuple[int, ...]:
    """Lists the descriptors that are open, without the one by which they are listed."""
    with os.scandir("/proc/self/fd") as entries:
        numbers = sorted(int(entry.name) for entry in entries)
    return tuple(number for number in numbers if _is_open(number))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


# Before anything else is imported: libffi 3.8, which ctypes imports, opens its own file and keeps it.
INHERITED_DESCRIPTORS = _open_descriptors()
