"""Prepares a fresh machine and starts what was asked for, as in `python3 localstack/bootstrap.py up`."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - the system's python3 may be any
    sys.exit(f"LiveCode needs python3 3.11 to 3.14; this one is {sys.version.split()[0]}.")

from livecode_bootstrap.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
