"""Prints without end on both streams, from several processes, and in a daemon after its end."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="block the runner, or have it read for ever",
    outside="the run ends, no process is left, and the next run prints 1",
    ends=("OUTPUT_LIMIT_EXCEEDED", "COMPLETED", "SIGKILL", "RUNTIME_ERROR"),
    harmless=False,
    source="""
for stream in (1, 2):
    if os.fork() == 0:
        os.setsid()
        while True: os.write(stream, b'y' * 65536)
while True: os.write(1, b'x' * 65536)
""",
)
