"""Mounts, moves and changes file systems."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change what is where",
    outside="the runner lives and its files are as they were",
    source="""
nothing = b'none'
with denied: call('mount', nothing, b'.', b'tmpfs', 0, 0); won('mount')
with denied: call('mount', b'/', b'.', 0, 4096, 0); won('bind')
with denied: call('umount2', b'/proc', 2); won('umount')
with denied: os.chroot('.'); won('chroot')
with denied: call('pivot_root', b'.', b'.'); won('pivot_root')
with denied: call('open_tree', -100, b'/', 1); won('open_tree')
with denied: call('fsopen', b'tmpfs', 0); won('fsopen')
with denied: call('swapon', b'main.py', 0); won('swapon')
""",
)
