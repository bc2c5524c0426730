"""Prepares a machine for each command of the Makefile: Python packages, programs, other people's stacks.

Standard library only, since the system's python3 runs it before anything is installed. Each step prints one line when
it has something to do, and nothing otherwise.

    commands.py   which steps each command needs, and what it then becomes
    packages.py   virtual environments, and what pip installs into them from the lock files
    toolchain.py  the programs that runs need: node, python3, g++, Postgres, the sandbox's launcher
    stacks.py     LocalStack, the SAM CLI and checkov, each in a virtual environment of its own
    system.py     processes, packages of the system, links
    layout.py     where everything lies
"""
