"""Takes memory in the kernel: data that waits in pipes."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="hold more of it than the kernel grants a user (64 MiB, fs.pipe-user-pages-soft) and a page for each pipe",
    outside="the program's own count; its runner lives",
    harmless=False,
    limits={"run_memory_mib": 64},
    source="""
pipes, held = [], 0
with denied:
    while held < 100_000_000:
        pipes.append(os.pipe())
        os.set_blocking(pipes[-1][1], False)
        with denied: fcntl.fcntl(pipes[-1][1], 1031, 1 << 20)
        with contextlib.suppress(BlockingIOError):
            while True: held += os.write(pipes[-1][1], bytes(65536))
if held >= 100_000_000: won(held)
""",
)
