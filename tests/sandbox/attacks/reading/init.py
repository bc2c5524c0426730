"""Reads the environment, memory and descriptors of PID 1: in a container it was started with the same variables."""

from pathlib import Path

from tests.sandbox.attacks.attack import Attack, Weaker

ATTACK = Attack(
    must_not="be able to read anything private of PID 1",
    outside="no secret is in what was printed",
    weaker=Weaker(
        unless=("private_environments",),
        why="only Landlock or a namespace hides a PID 1 of our own uid; the runner tells, and can be made to refuse",
        where=lambda: Path("/proc/1").stat().st_uid != 0,
    ),
    source="""
for name in ('environ', 'maps', 'mem', 'auxv'):
    with denied:
        file = open(f'/proc/1/{name}', 'rb', buffering=0)
        if name == 'mem' or file.read(10): won(name)
with denied:
    for number in os.listdir('/proc/1/fd'):  # the numbers alone say nothing
        with denied: won(os.readlink(f'/proc/1/fd/{number}'))
        with denied: won(os.open(f'/proc/1/fd/{number}', os.O_RDONLY | os.O_NONBLOCK))
""",
)
