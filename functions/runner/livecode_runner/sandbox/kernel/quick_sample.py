"""Tells quickly whether a program is still one process, and how large it is, from files of /proc that are kept open.

Most looks at a program need no more; the others go by `ProcessTree` and `measure_memory`.
"""

import os
from dataclasses import dataclass

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_FLAGS = os.O_RDONLY | os.O_CLOEXEC
_LINKS_OF_ONE_THREAD = 3  # of /proc/PID/task: itself twice, and a folder a thread


@dataclass(frozen=True, kw_only=True)
class QuickSample:
    """Samples one main process. Reading a file of /proc again from its start makes the kernel answer anew."""

    pid: int
    _statm: int
    _threads: int
    _children: int
    _adopted: int

    @classmethod
    def open(cls, pid: int, adopter: int) -> "QuickSample | None":
        """Opens the files of a process; `adopter` is the process that gets its orphans.

        None if the process is gone, or where the kernel does not list children.
        """
        opened: list[int] = []
        try:
            for path in (
                f"{pid}/statm",
                f"{pid}/task",
                f"{pid}/task/{pid}/children",
                f"{adopter}/task/{adopter}/children",
            ):
                opened.append(os.open(f"/proc/{path}", _FLAGS))
        except OSError:
            for descriptor in opened:
                os.close(descriptor)
            return None
        statm, threads, children, adopted = opened
        return cls(pid=pid, _statm=statm, _threads=threads, _children=children, _adopted=adopted)

    def close(self) -> None:
        for descriptor in (self._statm, self._threads, self._children, self._adopted):
            os.close(descriptor)

    def is_of_one_process(self) -> bool:
        """Whether the program is surely one process; False also for several threads or other children of the adopter.

        What loses its parent becomes a child of the adopter's first thread. The program's own children are read first:
        they can only move there.
        """
        try:
            return (
                os.fstat(self._threads).st_nlink == _LINKS_OF_ONE_THREAD
                and not os.pread(self._children, 1, 0)
                and os.pread(self._adopted, 64, 0).strip() in (b"", b"%d" % self.pid)
            )
        except OSError:
            return False

    def resident_bytes(self) -> int:
        """Returns the resident memory of the process; 0 once its main thread has ended."""
        try:
            return int(os.pread(self._statm, 128, 0).split(maxsplit=2)[1]) * _PAGE_BYTES
        except (OSError, IndexError):
            return 0
