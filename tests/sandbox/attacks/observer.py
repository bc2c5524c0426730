"""Looks at processes, files and kernel objects from outside, before and after an attack."""

import contextlib
import ctypes
import fcntl
import json
import os
import platform
import struct
import subprocess
from collections.abc import Collection
from pathlib import Path

_IOPRIO_GET = {"x86_64": 252, "aarch64": 31}[platform.machine()]
_LANDLOCK_CREATE_RULESET = 444  # on every architecture
_SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")
_libc = ctypes.CDLL(None, use_errno=True)


def namespaces_can_be_made() -> bool:
    done = subprocess.run(["unshare", "--pid", "--fork", "--mount-proc", "--net", "--ipc", "true"], check=False)
    return done.returncode == 0


def memory_cgroup_can_be_made() -> bool:
    """Somewhere above the group that we are in, in version 2; `memory` is in version 1 on older systems."""
    root = Path("/sys/fs/cgroup")
    try:
        handed_out = (root / "cgroup.subtree_control").read_text().split()
    except OSError:
        return False
    return "memory" in handed_out and os.access(root / "cgroup.procs", os.W_OK)


def look_at(pid: int) -> dict[str, object]:
    """What others can change of a process: whether it lives and runs, its priorities, limits and scores."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
        fields = text[text.rindex(")") + 2 :].split()
        state = fields[0]
        return {
            "alive": state not in "ZX",
            "stopped": state in "Tt",
            "started": fields[19],
            "nice": fields[16],
            "traced": "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text(),
            "policy": os.sched_getscheduler(pid),
            "affinity": sorted(os.sched_getaffinity(pid)),
            "ioprio": _libc.syscall(_IOPRIO_GET, 1, pid),
            "limits": Path(f"/proc/{pid}/limits").read_text(),
            "oom_score_adj": Path(f"/proc/{pid}/oom_score_adj").read_text(),
        }
    except (FileNotFoundError, ProcessLookupError):
        return {"alive": False}


def processes_of(folder: str, uids: Collection[int]) -> set[int]:
    """Those that work below the folder, or have it in their environment, or are one of these users'."""
    found = set()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            told = str((entry / "cwd").readlink()).encode() + b"\0" + (entry / "environ").read_bytes()
            if f"{folder}/".encode() in told or entry.stat().st_uid in uids:
                found.add(int(entry.name))
    return found


def files_named(token: str, uids: Collection[int]) -> set[str]:
    """What bears the token, or belongs to one of these users, in the folders that everybody may write to."""
    found = set()
    for folder in map(Path, _SHARED_FOLDERS):
        with contextlib.suppress(OSError):
            for path in folder.iterdir():
                with contextlib.suppress(OSError):
                    if token in path.name or path.lstat().st_uid in uids:
                        found.add(str(path))
    return found


def kernel_objects(token: str, uids: Collection[int]) -> set[str]:
    """System V and POSIX queues, semaphores and segments, and abstract sockets."""
    found = set()
    for kind in ("shm", "sem", "msg"):
        with contextlib.suppress(OSError):
            lines = Path(f"/proc/sysvipc/{kind}").read_text().splitlines()
            owner = lines[0].split().index("uid")
            found |= {f"{kind} {line.split()[1]}" for line in lines[1:] if int(line.split()[owner]) in uids}
    queue = ctypes.CDLL("librt.so.1").mq_open(f"/livecode-{token}".encode(), os.O_RDONLY)
    if queue >= 0:
        os.close(queue)
        ctypes.CDLL("librt.so.1").mq_unlink(f"/livecode-{token}".encode())
        found.add("message queue")
    sockets = Path("/proc/net/unix").read_text()
    found |= {line.split()[-1] for line in sockets.splitlines() if f"left-{token}" in line}
    return found


def look_at_system() -> dict[str, object]:
    """The interpreter and its library, which every later run uses."""
    return {
        path: (status.st_ino, status.st_size, status.st_mtime_ns)
        for path in (os.path.realpath("/usr/bin/python3"), json.__file__, "/etc/passwd")
        for status in [Path(path).stat()]
    }


def flags_of(folder: Path) -> int:
    """ioctl_iflags(2); 0 where the file system has none."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        return int(struct.unpack("l", fcntl.ioctl(descriptor, 0x80086601, bytes(8)))[0])
    except OSError:
        return 0
    finally:
        os.close(descriptor)


def landlock_abi() -> int:
    """Of this kernel; -1 if it has none."""
    return int(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1))
