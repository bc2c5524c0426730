"""Takes memory in the kernel: data that waits in sockets, which is nobody's resident memory."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="hold more of it than the limit of a run's memory",
    outside="the program's own count; its runner lives",
    harmless=False,
    limits={"run_memory_mib": 64},
    ends=("MEMORY_LIMIT_EXCEEDED", "RUNTIME_ERROR"),
    source="""
pairs, held, chunk = [], 0, bytes(65536)
with denied:
    while held < 100_000_000:
        pairs.append(socket.socketpair())
        for end in pairs[-1]:
            end.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True: held += end.send(chunk)
time.sleep(0.1)
if held >= 100_000_000: won(held)
""",
)
