"""Fills the disk with deleted files that wait in the queue of a socket, where no process has them."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="take more of the disk than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    limits={"file_size_mib": 16},
    source="""
ours, theirs = socket.socketpair()
for n in range(30):
    with open('x', 'wb', buffering=0) as file:
        os.unlink('x'); file.write(bytes(4_000_000)); socket.send_fds(ours, [b'x'], [file.fileno()])
time.sleep(10)
won('it was let')
""",
)
