"""Namespaces, and system calls with arguments that do nothing: which of them a process is let through to."""

import errno
import os
from collections.abc import Mapping
from functools import partial

from .calls import Json, NotObserved, Observer, in_child, system_call, verdict

# linux/sched.h
_NAMESPACES = {
    "user": 0x10000000,
    "mount": 0x00020000,
    "pid": 0x20000000,
    "network": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
    "time": 0x00000080,
}
# Arguments that the kernel refuses, or that change nothing, once it has come as far as to look at them.
_HARMLESS: dict[str, tuple[int, ...]] = {
    "clone3": (0, 0),
    "io_uring_setup": (0, 0),
    "memfd_create": (0, 0),
    "memfd_secret": (-1,),
    "userfaultfd": (-1,),
    "shmget": (1, 0, 0),
    "semget": (1, 0, 0),
    "msgget": (1, 0),
    "mq_open": (0, 0, 0, 0),
    "ptrace": (3, 0, 0, 0),
    "process_vm_readv": (0, 0, 0, 0, 0, 1),
    "process_madvise": (-1, 0, 0, 0, 0),
    "pidfd_open": (0, 0),
    "pidfd_getfd": (-1, -1, 0),
    "kcmp": (0, 0, 0, 0, 0),
    "perf_event_open": (0, 0, -1, -1, 0),
    "bpf": (-1, 0, 0),
    "keyctl": (-1, 0, 0, 0, 0),
    "setns": (-1, 0),
    "mount": (0, 0, 0, 0, 0),
    "open_by_handle_at": (-1, 0, 0),
    "fanotify_init": (-1, 0),
    "syslog": (-1, 0, 0),
    "modify_ldt": (-1, 0, 0),
    "personality": (0xFFFFFFFF,),
}
_REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOSYS)


def unshare(number: int, *, flags: int) -> Json:
    """Tries to make a namespace in a child; returns `yes` or the name of the error."""
    try:
        return in_child(lambda: verdict(lambda: system_call(number, flags)))
    except NotObserved as error:
        return str(error)


def namespaces(number: int, *, within: int = 0) -> Json:
    return {name: unshare(number, flags=flag | within) for name, flag in _NAMESPACES.items() if flag != within}


def calls(numbers: Mapping[str, int]) -> Json:
    """Sorts system calls by whether they are reachable, or else by what refused them: seccomp, or the kernel itself."""
    found: dict[str, list[str]] = {"reachable": []}
    for name, arguments in _HARMLESS.items():
        if name in numbers:
            try:
                answer = str(in_child(partial(_try, numbers[name], arguments)))
            except NotObserved as error:
                answer = str(error)
            found.setdefault(answer, []).append(name)
    return found


def _try(number: int, arguments: tuple[int, ...]) -> str:
    try:
        system_call(number, *arguments)
    except OSError as error:
        if error.errno in _REFUSALS:
            return errno.errorcode[error.errno]
    return "reachable"


def attempts(numbers: Mapping[str, int]) -> dict[str, Observer]:
    """`numbers` are those of this architecture, by name."""
    return {
        "namespaces": partial(namespaces, numbers["unshare"]),
        "namespaces_with_user": partial(namespaces, numbers["unshare"], within=_NAMESPACES["user"]),
        "system_calls": partial(calls, numbers),
        "chroot": lambda: in_child(lambda: verdict(lambda: os.chroot("/"))),
    }
