"""Python imports this before a program: it makes standard output line-buffered, as it is on a terminal."""

# PYTHONUNBUFFERED would do without a file, but turns `print(*values)` into two writes a value: six times slower.

import io
import sys

if isinstance(sys.stdout, io.TextIOWrapper):
    sys.stdout.reconfigure(line_buffering=True)
