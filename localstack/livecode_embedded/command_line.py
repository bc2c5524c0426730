"""Runs the command of a module, and tells in one line what keeps it from going on.

Standard library only: the bootstrap uses it before anything is installed.
"""

import sys
from collections.abc import Callable

from livecode_embedded.errors import StackError


def run_command(command: Callable[[], int | None]) -> int:
    """Runs a command and returns the process's exit status: the command's own, 1 for a StackError, 130 for Ctrl-C."""
    try:
        return command() or 0
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
