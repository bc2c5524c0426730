"""Seccomp's flags, and the mitigations against speculation that loading a filter switches on."""

import ctypes
import errno
from functools import partial

from .calls import Json, NotObserved, Observer, describe, in_child, prctl, system_call
from .identity import own_status

# linux/prctl.h
_PR_SET_NO_NEW_PRIVS, _PR_GET_SPECULATION_CTRL = 38, 52
_KINDS = {"store_bypass": 0, "indirect_branch": 1, "l1d_flush": 2}
_MAY_CHANGE, _FOR_GOOD, _UNTIL_EXEC = 1, 8, 16
_STATES = {2: "on", 4: "off", _FOR_GOOD: "off for good", _UNTIL_EXEC: "off until execve"}
_STATUS_LINES = {
    "status_store_bypass": "Speculation_Store_Bypass",
    "status_indirect_branch": "SpeculationIndirectBranch",
}
# linux/seccomp.h
_SET_MODE_FILTER, _SPEC_ALLOW = 1, 4
_FLAGS = {
    "tsync": 1,
    "log": 2,
    "spec_allow": _SPEC_ALLOW,
    "new_listener": 8,
    "tsync_esrch": 16,
    "wait_killable_recv": 32 | 8,  # of a listener alone
}
_BPF_RETURN, _ALLOW = 0x06, 0x7FFF0000


class _Instruction(ctypes.Structure):
    """struct sock_filter of linux/filter.h."""

    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.POINTER(_Instruction)))


def known_flags(number: int) -> Json:
    """Lists the flags of seccomp(2) that the kernel knows: it says EFAULT to these without a program, else EINVAL."""
    return {name: _refusal(number, flag) for name, flag in _FLAGS.items()}


def _refusal(number: int, flag: int) -> Json:
    try:
        system_call(number, _SET_MODE_FILTER, flag, 0)
    except OSError as error:
        return {errno.EFAULT: "known", errno.EINVAL: "unknown"}.get(error.errno or 0, describe(error))
    raise NotObserved("a filter without a program was taken")


def controls() -> Json:
    """What prctl(PR_GET_SPECULATION_CTRL) and /proc/self/status say of this process."""
    found: dict[str, Json] = {}
    for name, kind in _KINDS.items():
        try:
            found[name] = _state(prctl(_PR_GET_SPECULATION_CTRL, kind))
        except OSError as error:
            found[name] = describe(error)
    status = own_status()
    return found | {name: status.get(field, "-") for name, field in _STATUS_LINES.items()}


def _state(bits: int) -> str:
    """`on` means that the processor speculates, so that there is no mitigation."""
    if bits == 0:
        return "not affected"
    state = next((word for bit, word in _STATES.items() if bits & bit), f"{bits:#x}")
    return f"speculation {state}, {'may be changed' if bits & _MAY_CHANGE else 'fixed'}"


def controls_after(number: int, flags: int) -> Json:
    """Returns what `controls` does, in a child behind a filter that allows everything, loaded with these flags."""
    return in_child(partial(_load_and_look, number, flags))


def _load_and_look(number: int, flags: int) -> Json:
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    instruction = _Instruction(_BPF_RETURN, 0, 0, _ALLOW)
    program = _Program(1, ctypes.pointer(instruction))
    system_call(number, _SET_MODE_FILTER, flags, ctypes.addressof(program))
    return controls()


def observers(number: int) -> dict[str, Observer]:
    """`number` is that of the system call seccomp."""
    return {
        "flags": partial(known_flags, number),
        "speculation": controls,
        "speculation_after_filter": partial(controls_after, number, 0),
        "speculation_after_spec_allow": partial(controls_after, number, _SPEC_ALLOW),
    }
