"""Sets on the folder of all runs what everything that is made there later inherits: access lists, slow writing."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep later runs from having a folder, nor leave a message on it, nor slow them",
    outside="the next run prints 1; the folder has no attribute that it had not",
    witness=lambda arena, outcome: arena.attributes_of_base(),
    source="""
nobody = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', tag, 0, 0xffffffff) for tag in (1, 4, 16, 32))
for name in ('system.posix_acl_default', 'system.posix_acl_access'):
    with denied: os.setxattr(base, name, nobody)
with denied: os.setxattr(base, 'user.left', b'x' * 100)
with denied:
    descriptor = os.open(base, os.O_RDONLY)
    flags = struct.unpack('l', fcntl.ioctl(descriptor, 0x80086601, bytes(8)))[0]
    fcntl.ioctl(descriptor, 0x40086602, struct.pack('l', flags | 0x10008))
with denied: os.chmod(base, 0o7777)
""",
)
