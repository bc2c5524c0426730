"""Runs strangers' programs so that they can neither harm, nor read, nor outlive the runner. Start at supervisor.py."""

from livecode_runner.sandbox.layers import Layer
from livecode_runner.sandbox.phase import CommandNotExecutable, PhaseLimits, PhaseResult, SandboxBroken, SandboxFailed
from livecode_runner.sandbox.sandbox import Run, Sandbox

__all__ = [
    "CommandNotExecutable",
    "Layer",
    "PhaseLimits",
    "PhaseResult",
    "Run",
    "Sandbox",
    "SandboxBroken",
    "SandboxFailed",
]
