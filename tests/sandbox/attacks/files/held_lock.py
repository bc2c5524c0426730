"""Locks the folders that the runner locks, for as long as it can."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep anything from being removed, nor later runs from having a folder",
    outside="nothing is left among the folders of the runs, and the next run prints 1",
    source="""
ours, theirs = socket.socketpair()
for place in (base, f'{base}/run-{token}', f'{base}/uid-60100.lock', os.path.dirname(os.getcwd())):
    with denied: os.mkdir(place)
    with denied:
        descriptor = os.open(place, os.O_RDONLY)
        socket.send_fds(ours, [b'x'], [descriptor])
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
if os.fork() == 0:
    os.setsid()
    time.sleep(60)
""",
)
