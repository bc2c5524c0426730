"""Gives names that trip up whoever lists or removes files."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="keep them from being removed",
    outside="the folder of the run is gone",
    source=r"""
for name in (b'\xff\xfe', b'-rf', b' ', b'a\nb', b'*', b'.removing-1', b'.removing-2', b'uid-60100.lock', b'x' * 255):
    os.makedirs(name + b'/' + name)
    os.close(os.open(name + b'/f', os.O_CREAT))
os.rename(b'*', b'..\n')
""",
)
