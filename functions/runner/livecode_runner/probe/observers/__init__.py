"""Looks at the environment that it runs in, and tries what it allows: standard library only, in a process of its own.

The same code runs twice: beside the runner, and as a program in the sandbox, which gets it as a zip file. It prints
verdicts and counts, never what a file of another process holds.
"""
