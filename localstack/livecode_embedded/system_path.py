"""Where programs are found on every machine, whatever the PATH of whoever starts the stack.

Standard library only: the bootstrap uses it before anything is installed.
"""

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"
