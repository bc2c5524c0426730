"""Fills the disk with deleted files of /var/tmp of which one page is mapped, and none is open."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, or may not write there, and the next run prints 1",
    ends=("RUNTIME_ERROR", "end"),
    harmless=False,
    limits={"file_size_mib": 16, "run_wall_time_seconds": 15},
    source="""
libc.mmap.restype = ctypes.c_void_p
kept = 0
path = f'/var/tmp/livecode-{token}'
for n in range(30):
    with denied, open(path, 'wb+', buffering=0) as file:
        os.unlink(path); file.write(bytes(4_000_000))
        kept += libc.mmap(None, 4096, 3, 1, file.fileno(), ctypes.c_long(0)) is not None
if kept:
    time.sleep(10)
    won('it was let')
""",
)
