"""Runs one phase of a stranger's program from its first instruction to the last process it left.

How it works
============

Processes. The runner (this process) spawns the launcher; the launcher makes the program as a child of the runner and
ends (launcher/launcher.c). So the runner reaps the program itself; `wait4` measures it and the children it waited for.
The program leads a session and a process group of its own. The runner is a subreaper: whatever loses its parent becomes
a child of the runner, where it is found and killed. If the runner dies, the kernel kills the program (PDEATHSIG); what
the program started is then left to the end of the environment. Where there is privilege, the run has a PID namespace
whose init, a second child of the runner, adopts instead; whoever ends init, the runner's death included, ends the run.

Privileges. None is needed. The program has no capability, can gain none (no_new_privs), and runs under the limits,
the seccomp filter and, where the kernel has it, the Landlock rules that the launcher applied. Where the runner is root,
the program has a uid that no other run has, namespaces (launcher/namespaces.c) and a memory cgroup. The runner is
non-dumpable, so nobody of its uid may read its memory, environment or descriptors. The program's environment is ours,
fixed, and holds no secret.

Pipes. Standard input is a pipe that has ended. Standard output and error are one pipe each, which only the run writes
to. All belong to the run's uid, so that the program may open them by their names in /dev; what it then reads or writes
of its own output changes nothing for others. The launcher's status pipe closes when the program is executed; it
inherits nothing else, so there is no channel on which it could forge a result. We read both pipes in one loop, keep a
prefix, and throw the rest away; the pipes never decide when a run is over, because a daemon can keep them open.

The end. The main process's end ends the run (a pidfd tells). Then, in this order: kill its group while its zombie still
holds the group's number, reap it, kill and reap all that is left until nothing is, read what the pipes still hold.

What it does not protect
------------------------
- World-readable files and the machine's name can be read, without a PID namespace /proc/PID/cmdline and stat of all
  processes, without Landlock the runner's code.
- Memory is looked at every 10 ms near its limit: a fast program overshoots its limit by what it can touch in that time.
- With a shared uid: two runners of the same uid on one machine are kept apart only by Landlock; files outside the
  run's folder, without Landlock, see leftovers.py. Lambda gives each environment, and so each run, its own machine.
- Processor caches and timing. On AWS the microVM is the border between environments.
"""

import contextlib
import math
import os
import select
import signal
import time

from livecode_runner.sandbox.phase import PhaseLimits, PhaseResult, SandboxBroken
from livecode_runner.sandbox.spawn import Program
from livecode_runner.sandbox.streams import Stream
from livecode_runner.sandbox.watch import Exceeded, ResourceWatch

_DEATH_SECONDS = 10.0  # from SIGKILL to the end: freeing memory takes a while, a disk that hangs takes for ever


def supervise(
    program: Program, watch: ResourceWatch, limits: PhaseLimits, *, death_seconds: float = _DEATH_SECONDS
) -> PhaseResult:
    """Returns when nothing of the program is left. Raises SandboxBroken if it cannot be ended. Closes `program`."""
    tree = watch.tree
    tree.pid, tree.init = program.pid, program.init
    stdout = Stream(program.stdout, limits.stream_limit_bytes)
    stderr = stdout if program.stderr == program.stdout else Stream(program.stderr, limits.stream_limit_bytes)
    survives = False
    try:
        watch.start(time.monotonic())
        try:
            deadline = program.started + limits.wall_time_seconds
            reason = _follow(program, [stdout, stderr], watch, deadline, limits, death_seconds)
        except SandboxBroken:
            survives = True  # to wait for what survives SIGKILL would be to wait for ever
            raise
        finally:
            ended = time.monotonic()
            if not survives:
                _kill_group(program.pid)
                _, status, usage = os.wait4(program.pid, 0)
                tree.pid = 0
                orphans_cpu_seconds = tree.end()
        for stream in {stdout, stderr}:
            stream.drain()
    finally:
        watch.stop()
        program.close()
    exit_code = os.waitstatus_to_exitcode(status)
    cpu_seconds = usage.ru_utime + usage.ru_stime - program.launch_cpu_seconds
    return PhaseResult(
        exit_code=exit_code if exit_code >= 0 else None,
        signal=_signal_name(-exit_code) if exit_code < 0 else None,
        wall_time_ms=math.ceil((ended - program.started) * 1000),
        cpu_time_ms=round(max(0.0, cpu_seconds + orphans_cpu_seconds) * 1000),
        memory_kb=max(usage.ru_maxrss, watch.peak_memory_bytes // 1024),
        stdout=stdout.kept,
        stderr=stderr.kept,
        stdout_bytes=stdout.total_bytes,
        stderr_bytes=stderr.total_bytes,
        timed_out=reason == "time",
        output_exceeded=reason == "output",
        memory_exceeded=reason is Exceeded.MEMORY,
        files_exceeded=reason is Exceeded.FILES,
        processes_exceeded=reason is Exceeded.PROCESSES,
        sockets_exceeded=reason is Exceeded.SOCKETS,
    )


def _follow(
    program: Program,
    streams: list[Stream],
    watch: ResourceWatch,
    deadline: float,
    limits: PhaseLimits,
    death_seconds: float,
) -> Exceeded | str | None:
    """Reads and watches until the main process ends; kills the run over a limit, and says which."""
    poll = select.poll()
    poll.register(program.pidfd, select.POLLIN)
    by_descriptor = {stream.descriptor: stream for stream in streams}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    output_limit_bytes = math.inf if limits.output_limit_bytes is None else limits.output_limit_bytes
    reason: Exceeded | str | None = None
    while True:
        now = time.monotonic()
        if reason is None:
            if now >= deadline:
                reason = "time"
            elif sum(stream.total_bytes for stream in by_descriptor.values()) > output_limit_bytes:
                reason = "output"
            elif now >= watch.next_look:
                reason = watch.look(now)
            if reason is not None:
                _kill(program.pid, watch.tree.pids())
                deadline = now + death_seconds
        elif now >= deadline:
            raise SandboxBroken("the program survives SIGKILL")
        wake = deadline if reason is not None else min(deadline, watch.next_look)
        for descriptor, _ in poll.poll(max(0.0, wake - time.monotonic()) * 1000):
            if descriptor == program.pidfd:
                return reason
            with contextlib.suppress(BlockingIOError):
                if not by_descriptor[descriptor].read():
                    poll.unregister(descriptor)


def _kill(pid: int, others: set[int]) -> None:
    """The main process first: it is not reaped yet, so its number is its own."""
    for victim in (pid, *others - {pid}):
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    _kill_group(pid)


def _kill_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal between SIGRTMIN and SIGRTMAX
        return f"SIGRTMIN+{number - signal.SIGRTMIN}"
