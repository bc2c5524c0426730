"""Fills the disk with deleted files that only a thread with descriptors of its own holds."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
def fill():
    with denied: call({'x86_64': 272, 'aarch64': 97}[os.uname().machine], 0x400)  # unshare: CLONE_FILES
    kept = []
    for n in range(30):
        kept.append(open('x', 'wb', buffering=0)); os.unlink('x'); kept[-1].write(bytes(4_000_000))
    time.sleep(10)
    won('it was let')
thread = threading.Thread(target=fill)
thread.start()
thread.join()
""",
)
