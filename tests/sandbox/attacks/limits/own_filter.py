"""Loads a seccomp filter of its own that allows everything, or asks for its filters to be lifted."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="loosen the filter that is there",
    outside="the servers heard nobody",
    source="""
class Program(ctypes.Structure): _fields_ = [('length', ctypes.c_ushort), ('filter', ctypes.c_char_p)]
allow = Program(1, struct.pack('<HBBI', 6, 0, 0, 0x7fff0000))
libc.prctl(22, 2, ctypes.byref(allow), 0, 0)
libc.prctl(22, 0, 0, 0, 0)
with denied: socket.socket(socket.AF_INET).connect(('127.0.0.1', port)); won('connected')
with denied: call('ptrace', 16, victim, 0, 0); won('attached')
""",
)
