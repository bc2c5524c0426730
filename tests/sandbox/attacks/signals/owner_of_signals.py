"""Makes the kernel send signals: SIGIO to the owner of a descriptor."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="name another process as owner",
    outside="the runner, the victim and the other run live",
    source="""
for pid in targets:
    one, two = socket.socketpair()
    fcntl.fcntl(one, fcntl.F_SETSIG, signal.SIGKILL)
    for command, owner in ((fcntl.F_SETOWN, pid), (15, struct.pack('ii', 1, pid)), (15, struct.pack('ii', 0, pid))):
        with denied: fcntl.fcntl(one, command, owner); won(('fcntl', command))
    for request in (0x8901, 0x8902):
        with denied: fcntl.ioctl(one, request, struct.pack('i', pid)); won(('ioctl', request))
    with denied: fcntl.fcntl(one, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK); two.send(b'x')
""",
)
