"""Builds the seccomp filter: a classic BPF program, written to files that the launcher loads.

Default allow, with denials: what an unprivileged program could use to reach the runner, another run, the network, or
rarely tested corners of the kernel. Two variants: `own_uid` for a run whose uid nobody else has (the kernel's own
permission checks then guard everyone else), and `shared_uid` for a run that shares our uid (Lambda): there signals,
priorities and limits may only be aimed at the run's own processes, and no socket can be connected.

    python3 -m livecode_runner.sandbox.starting.seccomp FOLDER [ARCHITECTURE]
"""

import errno
import platform
import struct
import sys
from pathlib import Path

from livecode_runner.sandbox.kernel.syscalls import NEWEST_KNOWN_SYSCALL, SYSCALLS

VARIANTS = ("own_uid", "shared_uid")
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # AUDIT_ARCH_*, linux/audit.h

# The launcher (with the same constants) replaces these by the window of process ids that a run may aim at: lowest,
# first above, and both negated. The one for signals is wide open where Landlock keeps signals inside the run.
WINDOW = (0x4C430001, 0x4C430002, 0x4C430003, 0x4C430004)
SIGNAL_WINDOW = (0x4C430011, 0x4C430012, 0x4C430013, 0x4C430014)

# linux/filter.h and linux/seccomp.h
_LOAD, _RETURN, _AND, _JUMP = 0x20, 0x06, 0x54, 0x05
_EQUAL, _GREATER, _GREATER_OR_EQUAL, _ANY_BIT = 0x15, 0x25, 0x35, 0x45
_ALLOW, _ERRNO, _KILL_PROCESS = 0x7FFF0000, 0x00050000, 0x80000000
_OFFSET_NUMBER, _OFFSET_ARCHITECTURE, _OFFSET_ARGUMENTS = 0, 4, 16

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, k
Block = list[Instruction]
SharedBlock = tuple[Instruction, ...]
_RULES_OF_A_LEAF = 6  # more make the search no shorter, and slower

_X32_BIT = 0x40000000
# linux/sched.h: every CLONE_NEW*. To clone, CLONE_NEWTIME (0x80) would be a part of the exit signal.
_CLONE_NEW = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
_CLONE_NEWTIME = 0x80
_CLONE_PARENT = 0x00008000  # would make the program's child the runner's
_AF_UNIX = 1
_SOCK_TYPE_MASK, _SOCK_STREAM, _SOCK_SEQPACKET = 0xF, 1, 5
_PRIO_USER, _IOPRIO_WHO_USER = 2, 3
_F_SETOWN, _F_SETOWN_EX = 8, 15  # would make the kernel signal somebody else on our behalf
_DENIED_IOCTLS = (0x5412, 0x541C, 0x8901, 0x8902)  # TIOCSTI, TIOCLINUX, FIOSETOWN, SIOCSPGRP
_PERSONALITY_QUERY = 0xFFFFFFFF

# Answered like a kernel that lacks them, because libraries know what to do then.
_MISSING = [
    "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "memfd_create", "memfd_secret",
    "userfaultfd", "shmget", "shmat", "shmctl", "shmdt", "semget", "semop", "semctl", "semtimedop", "msgget",
    "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify",
    "mq_getsetattr",
]  # fmt: skip
_FORBIDDEN = [
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "pidfd_getfd", "kcmp",
    "migrate_pages", "move_pages", "perf_event_open", "bpf", "add_key", "request_key", "keyctl", "setns", "mount",
    "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount", "fspick",
    "mount_setattr", "name_to_handle_at", "open_by_handle_at", "fanotify_init", "fanotify_mark", "swapon",
    "swapoff", "reboot", "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module",
    "quotactl", "quotactl_fd", "acct", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "syslog",
    "iopl", "ioperm", "modify_ldt", "uselib", "sethostname", "setdomainname", "vhangup", "lookup_dcookie",
    "nfsservctl",
]  # fmt: skip


def _return(action: int) -> Block:
    return [(_RETURN, 0, 0, action)]


def _fail(error: int) -> Block:
    return _return(_ERRNO | error)


def _load_argument(index: int) -> Block:
    """Loads the low 32 bits of an argument: all that are judged here are ints to the kernel.

    Both architectures are little endian.
    """
    return [(_LOAD, 0, 0, _OFFSET_ARGUMENTS + 8 * index)]


def _only(index: int, values: tuple[int, ...], error: int, *, mask: int | None = None) -> Block:
    """Falls through if the argument is one of the values."""
    block = _load_argument(index)
    if mask is not None:
        block.append((_AND, 0, 0, mask))
    for position, value in enumerate(values):
        block.append((_EQUAL, len(values) - position, 0, value))
    return block + _fail(error)


def _none_of(index: int, values: tuple[int, ...], error: int) -> Block:
    """Falls through if the argument is none of the values."""
    block = _load_argument(index)
    for position, value in enumerate(values):
        last = position == len(values) - 1
        block.append((_EQUAL, len(values) - 1 - position, 1 if last else 0, value))
    return block + _fail(error)


def _no_bit_of(index: int, bits: int, error: int) -> Block:
    return [*_load_argument(index), (_ANY_BIT, 0, 1, bits), *_fail(error)]


def _own_process(index: int, window: tuple[int, int, int, int] = WINDOW) -> Block:
    """Falls through if the argument is 0, or a process id in the window, or the negative of one (a group)."""
    low, high, negated_low, negated_high = window
    return [
        *_load_argument(index),
        (_EQUAL, 6, 0, 0),
        (_GREATER_OR_EQUAL, 2, 0, 0x80000000),
        (_GREATER_OR_EQUAL, 0, 3, low),
        (_GREATER_OR_EQUAL, 2, 3, high),
        (_GREATER, 1, 0, negated_low),
        (_GREATER, 1, 0, negated_high),
        *_fail(errno.EPERM),
    ]


def _argument_rules(variant: str) -> dict[str, Block]:
    rules = {
        "socket": _only(0, (_AF_UNIX,), errno.EACCES),
        "socketpair": _only(0, (_AF_UNIX,), errno.EACCES),
        "clone": _no_bit_of(0, _CLONE_NEW | _CLONE_PARENT, errno.EPERM),
        "unshare": _no_bit_of(0, _CLONE_NEW | _CLONE_NEWTIME, errno.EPERM),
        "ioctl": _none_of(1, _DENIED_IOCTLS, errno.EPERM),
        "fcntl": _none_of(1, (_F_SETOWN, _F_SETOWN_EX), errno.EPERM),
        "personality": _only(0, (0, _PERSONALITY_QUERY), errno.EPERM),
    }
    if variant == "own_uid":
        return rules
    # Only stream sockets, and no connect: a datagram socket reaches any address by sendto or sendmsg, out of our sight.
    connected_only = _only(1, (_SOCK_STREAM, _SOCK_SEQPACKET), errno.EACCES, mask=_SOCK_TYPE_MASK)
    rules["socket"] += connected_only
    rules["socketpair"] += connected_only
    rules["connect"] = _fail(errno.EACCES)
    # It also takes an open /proc/PID for a pidfd, and whose that is cannot be seen from here.
    rules["pidfd_send_signal"] = _fail(errno.EPERM)
    for name in ("kill", "tkill", "rt_sigqueueinfo", "pidfd_open"):
        rules[name] = _own_process(0, SIGNAL_WINDOW)
    for name in ("prlimit64", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity"):
        rules[name] = _own_process(0)
    for name in ("tgkill", "rt_tgsigqueueinfo"):
        rules[name] = _own_process(0, SIGNAL_WINDOW) + _own_process(1, SIGNAL_WINDOW)
    rules["setpriority"] = _none_of(0, (_PRIO_USER,), errno.EPERM) + _own_process(1)
    rules["ioprio_set"] = _none_of(0, (_IOPRIO_WHO_USER,), errno.EPERM) + _own_process(1)
    return rules


def build_filter(architecture: str, variant: str) -> list[Instruction]:
    """Builds the filter for `x86_64` or `aarch64`; KeyError for any other architecture."""
    column = list(ARCHITECTURES).index(architecture)
    program: list[Instruction] = [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_EQUAL, 1, 0, ARCHITECTURES[architecture]),
        *_return(_KILL_PROCESS),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
    ]
    if architecture == "x86_64":
        program += [(_GREATER_OR_EQUAL, 0, 1, _X32_BIT), *_return(_KILL_PROCESS)]
    program += [(_GREATER, 0, 1, NEWEST_KNOWN_SYSCALL), *_fail(errno.ENOSYS)]
    rules = {name: _fail(errno.ENOSYS) for name in _MISSING}
    rules |= {name: _fail(errno.EPERM) for name in _FORBIDDEN}
    rules |= _argument_rules(variant)
    numbered = {number: block for name, block in rules.items() if (number := SYSCALLS[name][column]) is not None}
    return program + _dispatch(numbered)


def _dispatch(rules: dict[int, Block]) -> Block:
    """Puts a search for the number of the system call before the blocks, and equal blocks there only once.

    The kernel compiles all of it for every run, and walks through it for every system call there is.
    """
    complete = [
        (number, tuple(block if len(block) == 1 else block + _return(_ALLOW)))
        for number, block in sorted(rules.items())
    ]
    starts = dict.fromkeys((block for _, block in complete), 0)
    end = len(_search(complete, starts, 0))  # as long wherever the blocks stand
    for block in starts:
        starts[block] = end
        end += len(block)
    return _search(complete, starts, 0) + [instruction for block in starts for instruction in block]


def _search(rules: list[tuple[int, SharedBlock]], starts: dict[SharedBlock, int], position: int) -> Block:
    """Makes a binary search that stands at `position` and jumps to where the blocks start."""
    if len(rules) > _RULES_OF_A_LEAF:
        middle = len(rules) // 2
        below = _search(rules[:middle], starts, position + 1)
        above = _search(rules[middle:], starts, position + 1 + len(below))
        return [(_GREATER_OR_EQUAL, len(below), 0, rules[middle][0]), *below, *above]
    # A conditional jump reaches 255 instructions: so first to the leaf's own end, and on from there.
    blocks = list(dict.fromkeys(block for _, block in rules))
    program: Block = [
        (_EQUAL, len(rules) - index + blocks.index(block), 0, number) for index, (number, block) in enumerate(rules)
    ]
    program += _return(_ALLOW)
    for block in blocks:
        distance = starts[block] - (position + len(program)) - 1
        program.append(block[0] if len(block) == 1 else (_JUMP, 0, 0, distance))
    return program


def encode_filter(program: list[Instruction]) -> bytes:
    """Encodes a program as `struct sock_filter[]` (linux/filter.h)."""
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in program)


def write_filters(folder: Path, architecture: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for variant in VARIANTS:
        (folder / f"filter-{variant}.bpf").write_bytes(encode_filter(build_filter(architecture, variant)))


if __name__ == "__main__":
    write_filters(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else platform.machine())
