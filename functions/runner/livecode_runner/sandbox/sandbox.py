"""The sandbox as the runner knows it: prepared once in a process, then one opened run at a time."""

import contextlib
import os
import resource
import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from livecode_runner.sandbox.ending.leftovers import SHARED_FOLDERS, Leftovers, has_uid_to_itself
from livecode_runner.sandbox.ending.process_tree import ProcessTree
from livecode_runner.sandbox.folders.run_folders import BaseFolder, RunFolder
from livecode_runner.sandbox.kernel.own_process import adopt_orphans, make_unreadable
from livecode_runner.sandbox.kernel.procfs import UidSurvey, survey_uid, thread_ids
from livecode_runner.sandbox.layers import Layer
from livecode_runner.sandbox.phase import EndReason, PhaseLimits, PhaseResult, SandboxBroken, SandboxFailed
from livecode_runner.sandbox.starting.built import BUILD, LAUNCHER, SITECUSTOMIZE, filter_argument, namespace_arguments
from livecode_runner.sandbox.starting.cgroups import Cgroup, Hierarchy
from livecode_runner.sandbox.starting.probing import probe_cgroups, probe_layers, probe_namespaces
from livecode_runner.sandbox.starting.readable import program_folders, shared_python_folder, without_nested
from livecode_runner.sandbox.starting.spawn import spawn
from livecode_runner.sandbox.starting.users import user_name
from livecode_runner.sandbox.starting.view import TEMPORARY_FOLDERS, View
from livecode_runner.sandbox.supervisor import supervise
from livecode_runner.sandbox.watching.watch import ResourceWatch

_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
_READABLE = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc", "/proc", "/sys", "/dev")
_SHARED_MEMORY = "/dev/shm"
_USERS = ((f"{BUILD}/passwd", "/etc/passwd"), (f"{BUILD}/group", "/etc/group"))
_OPEN_FILES = 1024
_LOCKED_BYTES = 64 * 1024
_CGROUP_SHARE = 1.25  # of the memory limit: what we see is judged by what we see, the group is for the rest
_SURVEY_SECONDS = 10.0  # a survey looks at every process of the machine


class Sandbox:
    """The sandbox of one runner, made by `prepare`. `layers` says of each layer whether it is on."""

    def __init__(
        self,
        *,
        path: str,
        base: BaseFolder | None,
        layers: Mapping[Layer, bool],
        clean: bool,
        cgroups: Hierarchy | None,
    ) -> None:
        self.path = path
        self.layers = dict(layers)
        self._base = base
        self._cgroups = cgroups
        self._sweeps_folders = clean
        self._uncleaned: Exception | None = None
        self._python = shared_python_folder(layers)
        self._readable = without_nested([*_READABLE, *program_folders(path), *filter(None, [self._python])])
        # The folders of the PATH by their own names too: one may be a link, and its name must stay where it is.
        needed = [*self._readable, *filter(None, path.split(":"))]
        self._view = View.build(needed, _USERS) if layers[Layer.MOUNT_NAMESPACE] else None
        self._fixed_arguments = self._arguments_of_all_runs()
        # Processes of a run that shares our uid are recognised as ours; so only one at a time.
        self._one_at_a_time = contextlib.nullcontext() if layers[Layer.SEPARATE_UID] else threading.Lock()
        self._surveyed_at = time.monotonic()
        self._survey = survey_uid(os.getuid())

    @classmethod
    def prepare(cls, path: str, *, root: str = "/tmp", without: Collection[str] = ()) -> "Sandbox":
        """Finds the layers that work here and makes the sandbox; to be called before any program runs.

        A layer that cannot be had, or is in `without`, is reported as off.

        `path` is the PATH on which programs find their interpreters and compilers; `root` holds the folders of runs.
        """
        layers = dict.fromkeys(Layer, False)
        layers[Layer.DUMPABLE] = Layer.DUMPABLE not in without and make_unreadable()
        layers[Layer.SUBREAPER] = Layer.SUBREAPER not in without and adopt_orphans()
        base: BaseFolder | None = None
        with contextlib.suppress(SandboxFailed, OSError):
            found = BaseFolder(root)
            found.remove_abandoned()
            base = found
        report = probe_layers(layers, without)
        cgroups = None
        if report is not None:
            layers[Layer.LAUNCHER] = base is not None and report.no_new_privs
            layers[Layer.SECCOMP] = report.seccomp
            layers[Layer.DUMPABLE] = layers[Layer.DUMPABLE] and report.runner_unreadable
            if layers[Layer.SEPARATE_UID]:
                report = probe_namespaces(layers, without, report)
                cgroups = probe_cgroups(without)
                layers[Layer.CGROUP] = cgroups is not None
            layers[Layer.PRIVATE_ENVIRONMENTS] = report.readable_environments == 0
        clean = layers[Layer.SEPARATE_UID] or has_uid_to_itself()
        layers[Layer.CLEAN_FOLDERS] = layers[Layer.LANDLOCK] or clean
        return cls(path=path, base=base, layers=layers, clean=clean, cgroups=cgroups)

    def missing(self, required: Iterable[str]) -> tuple[str, ...]:
        """Names the required layers that are off or that do not exist."""
        on = {str(layer) for layer, is_on in self.layers.items() if is_on}
        return tuple(name for name in required if name not in on)

    @contextlib.contextmanager
    def open_run(self) -> Iterator["Run"]:
        """Opens a run: a fresh folder, and where we may a uid of its own, for the phases of one program.

        Raises SandboxFailed if there is none, and SandboxBroken, at the end too, if what a run left cannot be removed.
        """
        if self._base is None or not self.layers[Layer.LAUNCHER]:
            raise SandboxBroken("the launcher is not built, or cannot apply its limits here")
        self._check_cleaned()
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._one_at_a_time)
            uid = stack.enter_context(self._base.take_uid()) if self.layers[Layer.SEPARATE_UID] else None
            self._base.restore(shared_uid=uid is None)
            leftovers = Leftovers.note_existing(self._swept_folders(), uid)
            stack.callback(self._clean, leftovers.remove)
            folder = self._base.make_run(uid)
            stack.callback(self._clean, partial(self._base.remove_run, folder))
            mounts: list[str] = []
            if self._view is not None:
                self._view.prepare(folder)
                mounts, folder = self._view.arguments(folder), self._view.renamed_as_inside(folder)
            user = user_name(os.getuid() if uid is None else uid)
            environment = {
                "PATH": self.path,
                "HOME": folder.home,
                "TMPDIR": folder.home,
                "USER": user,
                "LOGNAME": user,
                "LANG": "C.UTF-8",
                "PYTHONPATH": self._python
                or folder.add_module("python", SITECUSTOMIZE.name, SITECUSTOMIZE.read_bytes()),
                "PYTHONDONTWRITEBYTECODE": "1",
            }
            yield Run(sandbox=self, folder=folder, mounts=tuple(mounts), leftovers=leftovers, environment=environment)
        self._check_cleaned()

    def _check_cleaned(self) -> None:
        if self._uncleaned is not None:
            raise SandboxBroken("files of a run cannot be removed") from self._uncleaned

    def _clean(self, remove: Callable[[], None]) -> None:
        """Clears up after a run, and remembers if that failed.

        The result of that run stands, but no other run may find what is left.
        """
        try:
            remove()
        except (OSError, SandboxFailed) as error:
            self._uncleaned = error

    @contextlib.contextmanager
    def open_cgroup(self, run: "Run", limits: PhaseLimits) -> Iterator[Cgroup | None]:
        """Opens a cgroup for one phase; None where there are none."""
        if self._cgroups is None:
            yield None
            return
        with self._cgroups.open_group(f"livecode-{run.folder.uid}", int(limits.memory_bytes * _CGROUP_SHARE)) as group:
            yield group

    def arguments(self, run: "Run", limits: PhaseLimits) -> list[str]:
        """Returns the launcher's arguments for a phase of a run, without the command."""
        folder = run.folder
        process_limit = limits.process_limit
        if folder.uid is None:
            survey = self._survey_own_uid()
            process_limit += survey.tasks
            identity = f"avoid={','.join(map(str, survey.ids.union(thread_ids(os.getpid()))))}"
        else:
            identity = f"uid={folder.uid}"
        # Behind the wall limit: only a runner that hangs lets a program come that far.
        cpu_seconds = int(limits.wall_time_seconds * (os.cpu_count() or 1)) + 10
        arguments = [
            *self._fixed_arguments,
            f"folder={folder.work}",
            f"rlimit={resource.RLIMIT_CPU}:{cpu_seconds}",
            f"rlimit={resource.RLIMIT_FSIZE}:{limits.file_bytes}",
            f"rlimit={resource.RLIMIT_NPROC}:{process_limit}",
            f"rlimit={resource.RLIMIT_STACK}:{limits.stack_bytes}",
            identity,
        ]
        arguments += run.mounts
        if self.layers[Layer.LANDLOCK]:
            arguments += [f"write={place}" for place in (folder.path, *run.leftovers.folders)]
        if self.layers[Layer.MOUNT_NAMESPACE]:
            arguments.append(f"shared_memory={limits.file_bytes}")
        return arguments

    def _arguments_of_all_runs(self) -> tuple[str, ...]:
        arguments = [
            f"path={self.path}",
            f"rlimit={resource.RLIMIT_CORE}:0",
            f"rlimit={resource.RLIMIT_MEMLOCK}:{_LOCKED_BYTES}",
            f"rlimit={resource.RLIMIT_MSGQUEUE}:0",
            f"rlimit={resource.RLIMIT_NOFILE}:{_OPEN_FILES}",
        ]
        if self.layers[Layer.SECCOMP]:
            arguments.append(filter_argument(self.layers[Layer.SEPARATE_UID]))
        arguments += namespace_arguments(self.layers)
        if self.layers[Layer.LANDLOCK]:
            arguments += [f"read={place}" for place in self._readable]
            arguments += [f"write={_SHARED_MEMORY}"] if self.layers[Layer.MOUNT_NAMESPACE] else []
            arguments += [f"device={device}" for device in _DEVICES]
        return tuple(arguments)

    def _swept_folders(self) -> tuple[str, ...]:
        """Names the shared folders whose files outlive the run and must be swept.

        Landlock keeps them shut where somebody else of our uid may have files there: also one who came after our start.
        """
        shut = self.layers[Layer.LANDLOCK] and not self.layers[Layer.SEPARATE_UID]
        if not self._sweeps_folders or (shut and not has_uid_to_itself()):
            return ()
        private = [_SHARED_MEMORY] if self.layers[Layer.MOUNT_NAMESPACE] else []
        private += self._view.folders if self._view is not None else []
        return tuple(folder for folder in SHARED_FOLDERS if folder not in private)

    def _survey_own_uid(self) -> UidSurvey:
        """Surveys our uid, at most every few seconds, for runs that share it.

        Their RLIMIT_NPROC starts at what is there already, and their signals must spare it.
        """
        now = time.monotonic()
        if now - self._surveyed_at >= _SURVEY_SECONDS:
            self._surveyed_at, self._survey = now, survey_uid(os.getuid())
        return self._survey


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run's folder and identity; `execute` runs a phase in it. `environment` is all that its programs get.

    `folder` has the names that they know it by, which `mounts` are for: the launcher's arguments.
    """

    sandbox: Sandbox
    folder: RunFolder
    mounts: tuple[str, ...]
    leftovers: Leftovers
    environment: Mapping[str, str]

    @property
    def names_in_messages(self) -> dict[str, str]:
        """Maps the full paths of the run's folders to what messages call them.

        A run with a /tmp of its own has only the first two: the third would be /tmp itself.
        """
        folder = self.folder
        above = {folder.path: ".."} if folder.path not in TEMPORARY_FOLDERS else {}
        return {folder.work: ".", folder.home: "~", **above}

    def execute(self, command: Sequence[str], limits: PhaseLimits, *, merge_streams: bool = False) -> PhaseResult:
        """Runs one command until nothing of it is left.

        Raises SandboxFailed if it cannot be executed, or not be ended.
        """
        watch = ResourceWatch(
            tree=ProcessTree(uid=self.folder.uid), limits=limits, folder=self.folder, leftovers=self.leftovers
        )
        with self.sandbox.open_cgroup(self, limits) as cgroup:
            joined = [f"cgroup={cgroup.folder}"] if cgroup is not None else []
            program = spawn(
                LAUNCHER,
                [*self.sandbox.arguments(self, limits), *joined, "--", *command],
                self.environment,
                uid=self.folder.uid,
                merge_streams=merge_streams,
            )
            result = supervise(program, watch, limits)
            if cgroup is not None and result.end_reason is EndReason.EXITED and cgroup.has_killed():
                reached_kb = limits.memory_bytes // 1024
                return replace(result, end_reason=EndReason.MEMORY, memory_kb=max(result.memory_kb, reached_kb))
            return result
