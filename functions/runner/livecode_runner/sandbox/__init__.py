"""Runs strangers' programs so that they can neither harm, nor read, nor outlive the runner. Start at supervisor.py."""

from .layers import Layer
from .phase import CommandNotExecutable, PhaseLimits, PhaseResult, SandboxBroken, SandboxFailed
from .sandbox import Run, Sandbox

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
