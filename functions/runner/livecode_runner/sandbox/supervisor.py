"""Runs one phase of a stranger's program from its first instruction to the last process it left.

How it works
============

Processes. The runner (this process) has spawned the launcher, which has made the program as a child of the runner. So
the runner reaps the program itself; `wait4` measures it and the children it waited for. The program leads a session
and a process group of its own. If the runner dies, the kernel kills the program (PDEATHSIG); what the program started
is then left to the end of the environment, or dies with the init of the run's PID namespace where there is one.

Privileges. None is needed. The program has no capability, can gain none (no_new_privs), and runs under the limits,
the seccomp filter and, where the kernel has it, the Landlock rules that the launcher applied. Where the runner is root,
the program has a uid that no other run has, namespaces (launcher/namespaces.c) and a memory cgroup. The runner is
non-dumpable, so nobody of its uid may read its memory, environment or descriptors.

Pipes. Only the run writes to the two pipes of its output. We read both in one loop, keep a prefix, and throw the rest
away. What a program reads or writes of its own output by name changes nothing for others.

The end. The main process's end ends the run (a pidfd tells). Then, in this order: kill its group while its zombie still
holds the group's number, reap it, kill and reap all that is left until nothing is, read what the pipes still hold.

What it does not protect
------------------------
- World-readable files and the machine's name can be read, without a PID namespace /proc/PID/cmdline and stat of all
  processes, without Landlock the runner's code.
- Memory is looked at every 10 ms near its limit: a fast program overshoots its limit by what it can touch in that time.
- With a shared uid: two runners of the same uid on one machine are kept apart only by Landlock; files outside the
  run's folder, without Landlock, see ending/leftovers.py. Lambda gives each environment, and so each run, its own
  machine.
- Processor caches and timing. On AWS the microVM is the border between environments.
"""

import contextlib
import math
import os
import select
import signal
import time

from livecode_runner.sandbox.phase import EndReason, PhaseLimits, PhaseResult, SandboxBroken
from livecode_runner.sandbox.starting.spawn import Program
from livecode_runner.sandbox.watching.streams import Stream
from livecode_runner.sandbox.watching.watch import ResourceWatch

_DEATH_SECONDS = 10.0  # from SIGKILL to the end: freeing memory takes a while, a disk that hangs takes for ever


def supervise(
    program: Program, watch: ResourceWatch, limits: PhaseLimits, *, death_seconds: float = _DEATH_SECONDS
) -> PhaseResult:
    """Follows a program until nothing of it is left. Raises SandboxBroken if it cannot be ended. Closes `program`."""
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
        end_reason=reason or EndReason.EXITED,
        exit_code=exit_code if exit_code >= 0 else None,
        signal=_signal_name(-exit_code) if exit_code < 0 else None,
        wall_time_ms=math.ceil((ended - program.started) * 1000),
        cpu_time_ms=round(max(0.0, cpu_seconds + orphans_cpu_seconds) * 1000),
        memory_kb=max(usage.ru_maxrss, watch.peak_memory_bytes // 1024),
        stdout=stdout.kept,
        stderr=stderr.kept,
        stdout_bytes=stdout.total_bytes,
        stderr_bytes=stderr.total_bytes,
    )


def _follow(
    program: Program,
    streams: list[Stream],
    watch: ResourceWatch,
    deadline: float,
    limits: PhaseLimits,
    death_seconds: float,
) -> EndReason | None:
    """Reads and watches until the main process ends; kills the run over a limit, and says which."""
    poll = select.poll()
    poll.register(program.pidfd, select.POLLIN)
    by_descriptor = {stream.descriptor: stream for stream in streams}
    for descriptor in by_descriptor:
        poll.register(descriptor, select.POLLIN)
    output_limit_bytes = math.inf if limits.output_limit_bytes is None else limits.output_limit_bytes
    reason: EndReason | None = None
    while True:
        now = time.monotonic()
        if reason is None:
            if now >= deadline:
                reason = EndReason.WALL_TIME
            elif sum(stream.total_bytes for stream in by_descriptor.values()) > output_limit_bytes:
                reason = EndReason.OUTPUT
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
    """Kills the main process first: it is not reaped yet, so its number is its own."""
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
