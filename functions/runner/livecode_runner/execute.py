"""Compiles and runs a program in the sandbox: its language, source and limits in, an Outcome out."""

import re
from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from livecode.domain import Outcome, Reason, RunLimits, Status
from livecode.errors import TransientError
from livecode.languages import LANGUAGES, Language
from livecode_runner.sandbox import (
    CommandNotExecutable,
    EndReason,
    PhaseLimits,
    PhaseResult,
    Run,
    Sandbox,
    SandboxFailed,
)
from livecode_runner.text import hide_folders, to_text
from livecode_runner.verdict import judge_compile, judge_run

# Kept of the environment's time to clean up and to store the result.
_MARGIN_SECONDS = 3.0
_NOT_EXECUTABLE = 126  # as shells have it
_VERSION = re.compile(r"\d+(?:\.\d+)+")
_VERSION_WALL_SECONDS = 10.0
_missing_libraries: WeakKeyDictionary[Sandbox, dict[str, frozenset[str]]] = WeakKeyDictionary()


class RunFailed(TransientError):
    """The sandbox failed while the program ran. Another environment may run it."""


class NothingRan(TransientError):
    """The sandbox failed before the program could begin, so this was no attempt. Another environment may run it."""


class EnvironmentOutOfTime(TransientError):
    """The execution environment ends before the program's own limit. A fresh one has the time."""


def execute(
    language: Language,
    source_code: str,
    limits: RunLimits,
    sandbox: Sandbox,
    *,
    time_left_seconds: Callable[[], float],
    on_broken: Callable[[], None] = lambda: None,
) -> Outcome:
    """Compiles and runs a program; whatever it does is in the Outcome.

    Raises RunFailed, NothingRan and EnvironmentOutOfTime, which are all failures of ours. `on_broken` is called when
    the sandbox failed, for whatever cause: this environment shall run no other program. The result stands if the
    program had already come to its end.
    """
    outcome, begun = None, False
    try:
        with sandbox.open_run() as run:
            begun = True
            outcome = _execute(run, language, source_code, limits, time_left_seconds)
    except (SandboxFailed, OSError) as error:  # OSError: no descriptor, no process, no space, of ours
        on_broken()
        if not begun:
            raise NothingRan(str(error)) from error
        if outcome is None:
            raise RunFailed(str(error)) from error
    return outcome


def _execute(
    run: Run, language: Language, source_code: str, limits: RunLimits, time_left_seconds: Callable[[], float]
) -> Outcome:
    run.folder.write(language.source_file, source_code.encode())
    compile_time_ms, compile_output, compile_truncated = None, "", False
    if language.compile is not None:
        wall_time_seconds = limits.compile_wall_time_seconds
        command = _compile_command(run, language, language.compile)
        result = _run_phase(run, command, _compile_limits(limits), time_left_seconds, merge_streams=True)
        verdict = judge_compile(result, wall_time_seconds=wall_time_seconds, file_size_mib=limits.file_size_mib)
        compile_time_ms = result.wall_time_ms
        compile_output, compile_truncated = _printed(
            run, result.stdout, result.stdout_bytes, limits, hide=True, note=verdict.note if verdict else ""
        )
        if verdict is not None:
            return Outcome(
                status=verdict.status,
                reason=verdict.reason,
                compile_output=compile_output,
                compile_output_truncated=compile_truncated,
                compile_time_ms=compile_time_ms,
            )
    try:
        result = _run_phase(run, language.run, run_limits(limits), time_left_seconds)
    except CommandNotExecutable as error:
        if language.compile is None:
            raise
        # The program itself: compilers can be made to write files that no kernel executes.
        return Outcome(
            status=Status.FAILED,
            reason=Reason.RUNTIME_ERROR,
            exit_code=_NOT_EXECUTABLE,
            stderr=f"{error.complaint}\n",
            compile_output=compile_output,
            compile_output_truncated=compile_truncated,
            execution_time_ms=0,
            compile_time_ms=compile_time_ms,
            cpu_time_ms=0,
            memory_kb=0,
        )
    verdict = judge_run(result, wall_time_seconds=limits.run_wall_time_seconds, file_size_mib=limits.file_size_mib)
    stdout, stdout_truncated = _printed(run, result.stdout, result.stdout_bytes, limits)
    stderr, stderr_truncated = _printed(run, result.stderr, result.stderr_bytes, limits, hide=True, note=verdict.note)
    return Outcome(
        status=verdict.status,
        reason=verdict.reason,
        exit_code=result.exit_code,
        signal=result.signal,
        stdout=stdout,
        stderr=stderr,
        compile_output=compile_output,
        stdout_truncated=stdout_truncated,
        stderr_truncated=stderr_truncated,
        compile_output_truncated=compile_truncated,
        execution_time_ms=result.wall_time_ms,
        compile_time_ms=compile_time_ms,
        cpu_time_ms=result.cpu_time_ms,
        memory_kb=result.memory_kb,
    )


def installed_versions(sandbox: Sandbox) -> dict[str, str]:
    """Asks the languages' programs for their versions, by language name; what does not answer is left out."""
    versions = {}
    limits = _compile_limits(RunLimits(compile_wall_time_seconds=_VERSION_WALL_SECONDS))
    for language in LANGUAGES.values():
        try:
            with sandbox.open_run() as run:
                result = run.execute(language.version, limits)
        except SandboxFailed:
            continue
        found = _VERSION.search(result.stdout.decode(errors="replace"))
        if result.exit_code == 0 and found:
            versions[language.name] = found.group()
    return versions


def _compile_command(run: Run, language: Language, command: tuple[str, ...]) -> tuple[str, ...]:
    """Returns the command without arguments for libraries that this machine's compiler lacks; it is asked once."""
    left_out = _missing_libraries.setdefault(run.sandbox, {})
    if language.name not in left_out:
        limits = _compile_limits(RunLimits(compile_wall_time_seconds=_VERSION_WALL_SECONDS))
        missing = set()
        for argument, library in language.optional_libraries:
            # GCC answers with the full path of what it finds, and with the bare name of what it does not.
            answer = run.execute((command[0], f"-print-file-name={library}"), limits)
            if answer.exit_code == 0 and b"/" not in answer.stdout:
                missing.add(argument)
        left_out[language.name] = frozenset(missing)
    return tuple(argument for argument in command if argument not in left_out[language.name])


def _run_phase(
    run: Run,
    command: tuple[str, ...],
    limits: PhaseLimits,
    time_left_seconds: Callable[[], float],
    *,
    merge_streams: bool = False,
) -> PhaseResult:
    usable_seconds = time_left_seconds() - _MARGIN_SECONDS
    shortened = usable_seconds < limits.wall_time_seconds
    if usable_seconds <= 0:
        raise EnvironmentOutOfTime("no time is left to start a program")
    result = run.execute(
        command,
        replace(limits, wall_time_seconds=min(usable_seconds, limits.wall_time_seconds)),
        merge_streams=merge_streams,
    )
    if result.end_reason is EndReason.WALL_TIME and shortened:
        raise EnvironmentOutOfTime(f"the program had only {usable_seconds:.1f} s")
    return result


def _printed(
    run: Run, kept: bytes, total_bytes: int, limits: RunLimits, *, hide: bool = False, note: str = ""
) -> tuple[str, bool]:
    complete = total_bytes == len(kept)
    printed = hide_folders(kept, run.names_in_messages, complete=complete) if hide else kept
    return to_text(printed, limits.stream_limit_bytes, complete=complete, last_line=note)


def _compile_limits(limits: RunLimits) -> PhaseLimits:
    """Returns the limits of a compile phase.

    A compiler may print what it likes: warnings fail nothing, and its time, memory and files are bounded.
    """
    phase_limits = _phase_limits(limits, limits.compile_wall_time_seconds, limits.compile_memory_mib)
    return replace(phase_limits, output_limit_bytes=None)


def run_limits(limits: RunLimits) -> PhaseLimits:
    """Returns the limits of a run phase."""
    return _phase_limits(limits, limits.run_wall_time_seconds, limits.run_memory_mib)


def _phase_limits(limits: RunLimits, wall_time_seconds: float, memory_mib: int) -> PhaseLimits:
    return PhaseLimits(
        wall_time_seconds=wall_time_seconds,
        memory_bytes=memory_mib * 1024 * 1024,
        stack_bytes=limits.stack_mib * 1024 * 1024,
        process_limit=limits.process_limit,
        file_bytes=limits.file_size_mib * 1024 * 1024,
        stream_limit_bytes=limits.stream_limit_bytes,
        output_limit_bytes=limits.output_limit_bytes,
    )
