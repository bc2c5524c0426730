"""Leaves fifos, sockets, locks and devices."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="make a device, nor keep anything from being removed",
    outside="the folder of the run is gone",
    source="""
os.mkfifo('fifo')
socket.socket(socket.AF_UNIX).bind('socket')
for kind, device in ((stat.S_IFCHR, os.makedev(1, 1)), (stat.S_IFBLK, os.makedev(8, 0))):
    with denied: os.mknod('device', kind | 0o666, device); won('device')
fcntl.flock(os.open('.', os.O_RDONLY), fcntl.LOCK_EX)
fcntl.fcntl(os.open('fifo', os.O_RDWR), fcntl.F_GETFL)
""",
)
