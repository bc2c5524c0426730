"""Reads the memory of a runner with process_vm_readv."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be allowed to; EFAULT would mean that only the address was wrong",
    outside="the secrets are unread",
    source="""
local, remote = (ctypes.c_long * 2)(0, 0), (ctypes.c_long * 2)(4096, 8)
for name in ('process_vm_readv', 'process_vm_writev'):
    for pid in runners:
        buffer = ctypes.create_string_buffer(8)
        local[0], local[1] = ctypes.addressof(buffer), 8
        try: call(name, pid, ctypes.addressof(local), 1, ctypes.addressof(remote), 1, 0); won(name)
        except OSError as error:
            if error.errno == errno.EFAULT: won(name)
""",
)
