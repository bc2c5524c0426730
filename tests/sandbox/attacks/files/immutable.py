"""Marks its files so that they cannot be removed."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to set the immutable or append-only flag",
    outside="the folder of the run is gone",
    source="""
descriptor = os.open('f', os.O_CREAT | os.O_RDWR)
for flag in (0x10, 0x20):
    with denied: fcntl.ioctl(descriptor, 0x40086602, struct.pack('l', flag)); won(flag)
with denied: os.setxattr('f', 'user.x', b'x' * 1000)
with denied: os.setxattr('f', 'security.x', b'x'); won('security attribute')
with denied: os.setxattr('f', 'trusted.x', b'x'); won('trusted attribute')
""",
)
