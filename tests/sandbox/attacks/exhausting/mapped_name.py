"""Maps a deleted file whose name breaks the lines in which the kernel lists what is mapped."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make the runner fail, or take more of the disk than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
import mmap
kept = []
for n in range(30):
    name = ('x\\x0c', 'x\\x85y', 'x\\n', '\\u2028', 'x (deleted)')[n % 5]
    with open(name, 'wb+', buffering=0) as file:
        os.unlink(name); file.write(bytes(4_000_000)); kept.append(mmap.mmap(file.fileno(), 4096))
time.sleep(10)
won('it was let')
""",
)
