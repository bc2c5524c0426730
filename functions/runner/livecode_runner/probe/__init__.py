"""Reports what an execution environment really allows, twice: to the runner, and to a program in the sandbox.

An event of its own asks for it (event.py), which the queue cannot bring. `observers` looks; views.py starts it beside
the runner and in the sandbox; report.py is what comes of it.
"""

from livecode_runner.probe.event import is_probe
from livecode_runner.probe.report import Finding, ProbeReport, View
from livecode_runner.probe.views import probe_environment

__all__ = ["Finding", "ProbeReport", "View", "is_probe", "probe_environment"]
