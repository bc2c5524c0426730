"""Fills the disk with deleted files of which one page is mapped, and none is open."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
libc.mmap.restype = ctypes.c_void_p  # Python's own mmap keeps the file open
for n in range(30):
    with open('x', 'wb+', buffering=0) as file:
        os.unlink('x'); file.write(bytes(4_000_000)); libc.mmap(None, 4096, 3, 1, file.fileno(), ctypes.c_long(0))
time.sleep(10)
won('it was let')
""",
)
