"""The seccomp filters decide as meant, on both architectures: tried on a small interpreter of BPF."""

import errno
import struct

import pytest

from livecode_runner.sandbox.kernel.syscalls import SYSCALLS
from livecode_runner.sandbox.starting.seccomp import (
    ARCHITECTURES,
    SIGNAL_WINDOW,
    VARIANTS,
    WINDOW,
    build_filter,
    encode_filter,
)

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
OWN_PID, RUNNER_PID, WRAPPED_RUNNER_PID = 500, 400, 30_000
NAMES = list(ARCHITECTURES)


def decide(program, architecture, number, *arguments, high=0x80000000):
    """What the kernel would answer: an errno, ALLOW or KILL (Linux, Documentation/networking/filter.rst)."""
    windows: dict[int, int] = {}
    for window in (WINDOW, SIGNAL_WINDOW):
        values = (OWN_PID, high, -OWN_PID & 0xFFFFFFFF, -high & 0xFFFFFFFF)
        windows |= dict(zip(window, values, strict=True))
    padded = [argument & (2**64 - 1) for argument in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    data = struct.pack("<IIQ6Q", number, architecture, 0, *padded)
    accumulator = position = 0
    while True:
        code, if_true, if_false, k = program[position]
        position += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif code == 0x05:
            position += k
        elif code == 0x54:
            accumulator &= k
        elif code == 0x06:
            return k & 0xFFFF if k & ERRNO == ERRNO and k != ALLOW else k
        else:
            k = windows.get(k, k)
            holds = {0x15: accumulator == k, 0x25: accumulator > k, 0x35: accumulator >= k, 0x45: accumulator & k != 0}
            position += if_true if holds[code] else if_false


@pytest.fixture(params=NAMES)
def architecture(request):
    return request.param


@pytest.fixture
def judge(architecture):
    programs = {variant: build_filter(architecture, variant) for variant in VARIANTS}

    def ask(variant, name, *arguments, **window):
        number = SYSCALLS[name][NAMES.index(architecture)]
        return decide(programs[variant], ARCHITECTURES[architecture], number, *arguments, **window)

    return ask


@pytest.mark.parametrize("variant", VARIANTS)
def test_fits_into_what_the_kernel_takes(architecture, variant):
    program = build_filter(architecture, variant)
    assert len(encode_filter(program)) == 8 * len(program)
    assert len(program) < 4096  # BPF_MAXINSNS
    for position, (code, if_true, if_false, _) in enumerate(program):
        assert max(if_true, if_false) <= 255
        if code in (0x15, 0x25, 0x35, 0x45):
            assert position + 1 + max(if_true, if_false) < len(program)


@pytest.mark.parametrize("variant", VARIANTS)
def test_kills_foreign_architectures(architecture, variant):
    program = build_filter(architecture, variant)
    assert decide(program, 0x40000003, 20) == KILL  # i386
    if architecture == "x86_64":
        assert decide(program, ARCHITECTURES[architecture], 0x40000000) == KILL  # x32


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    ("name", "arguments", "answer"),
    [
        ("socket", (1, 1), ALLOW),
        ("socket", (2, 1), errno.EACCES),
        ("socket", (10, 2), errno.EACCES),
        ("socket", (16, 3), errno.EACCES),
        ("socketpair", (1, 1 | 0o2000000), ALLOW),
        ("clone", (0x3D0F00,), ALLOW),  # a thread
        ("clone", (17,), ALLOW),  # a fork
        ("clone", (0x8011,), errno.EPERM),  # CLONE_PARENT
        ("clone", (0x10000011,), errno.EPERM),  # CLONE_NEWUSER
        ("unshare", (0x400,), ALLOW),
        ("unshare", (0x40000000,), errno.EPERM),
        ("unshare", (0x80,), errno.EPERM),
        ("clone3", (), errno.ENOSYS),
        ("memfd_create", (), errno.ENOSYS),
        ("ptrace", (), errno.EPERM),
        ("ioctl", (1, 0x5401), ALLOW),
        ("ioctl", (1, 0x5412), errno.EPERM),
        ("fcntl", (1, 3), ALLOW),
        ("fcntl", (1, 8), errno.EPERM),
        ("personality", (0xFFFFFFFF,), ALLOW),
        ("personality", (0x0040000,), errno.EPERM),
    ],
)
def test_answers(judge, variant, name, arguments, answer):
    assert judge(variant, name, *arguments) == answer


@pytest.mark.parametrize("name", ["kill", "tkill", "rt_sigqueueinfo", "pidfd_open", "prlimit64", "sched_setaffinity"])
def test_aims_only_at_own_processes_where_the_uid_is_shared(judge, name):
    for allowed in (0, OWN_PID, OWN_PID + 1, -OWN_PID, -OWN_PID - 7):
        assert judge("shared_uid", name, allowed) == ALLOW
    for denied in (1, RUNNER_PID, -RUNNER_PID, -1, -(2**31)):
        assert judge("shared_uid", name, denied) == errno.EPERM
        assert judge("own_uid", name, denied) == ALLOW


def test_spares_the_runner_after_process_ids_wrapped(judge):
    for denied in (WRAPPED_RUNNER_PID, -WRAPPED_RUNNER_PID, WRAPPED_RUNNER_PID + 1, -1):
        assert judge("shared_uid", "kill", denied, 9, high=WRAPPED_RUNNER_PID) == errno.EPERM
    for allowed in (0, OWN_PID, -OWN_PID, WRAPPED_RUNNER_PID - 1, -WRAPPED_RUNNER_PID + 1):
        assert judge("shared_uid", "kill", allowed, 9, high=WRAPPED_RUNNER_PID) == ALLOW


def test_judges_both_ids_of_a_thread_signal(judge):
    assert judge("shared_uid", "tgkill", OWN_PID, OWN_PID + 1, 9) == ALLOW
    assert judge("shared_uid", "tgkill", RUNNER_PID, OWN_PID, 9) == errno.EPERM
    assert judge("shared_uid", "tgkill", OWN_PID, RUNNER_PID, 9) == errno.EPERM


def test_changes_no_priority_of_a_whole_uid(judge):
    assert judge("shared_uid", "setpriority", 0, 0, 19) == ALLOW
    assert judge("shared_uid", "setpriority", 0, RUNNER_PID, 19) == errno.EPERM
    assert judge("shared_uid", "setpriority", 2, 0, 19) == errno.EPERM


def test_connects_nothing_where_the_uid_is_shared(judge):
    assert judge("shared_uid", "connect") == errno.EACCES
    assert judge("shared_uid", "socket", 1, 2) == errno.EACCES
    assert judge("shared_uid", "socketpair", 1, 2) == errno.EACCES
    assert judge("own_uid", "connect") == ALLOW


@pytest.mark.parametrize("variant", VARIANTS)
def test_answers_like_an_older_kernel_to_what_is_newer_than_this_table(architecture, variant):
    program = build_filter(architecture, variant)
    assert decide(program, ARCHITECTURES[architecture], 457) == errno.ENOSYS
    assert decide(program, ARCHITECTURES[architecture], 456) == ALLOW
