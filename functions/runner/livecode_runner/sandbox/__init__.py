"""Runs strangers' programs so that they can neither harm, nor read, nor outlive the runner.

sandbox.py      the door: `Sandbox.prepare` once in a process, then `open_run` for each run, `Run.execute` for a phase
supervisor.py   one phase, from the program's first instruction to the last process that it left
phase.py        the data: limits, result, end reason, errors
layers.py       the layers, each on or off in a given environment

starting/       finds the layers that work here, and starts a program behind them
watching/       looks at what it uses, and keeps what it prints
ending/         ends whatever it started, and removes whatever it left
folders/        makes, measures and removes the folders of runs
kernel/         reads what the kernel tells of processes
launcher/       the launcher in C, which applies the layers and executes the program
"""

from livecode_runner.sandbox.layers import Layer
from livecode_runner.sandbox.phase import (
    CommandNotExecutable,
    EndReason,
    PhaseLimits,
    PhaseResult,
    SandboxBroken,
    SandboxFailed,
)
from livecode_runner.sandbox.sandbox import Run, Sandbox

__all__ = [
    "CommandNotExecutable",
    "EndReason",
    "Layer",
    "PhaseLimits",
    "PhaseResult",
    "Run",
    "Sandbox",
    "SandboxBroken",
    "SandboxFailed",
]
