"""Reads the environment, memory and descriptors of PID 1: in a container it was started with the same variables."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to read anything private of PID 1",
    outside="no secret is in what was printed",
    source="""
for name in ('environ', 'maps', 'mem', 'auxv'):
    with denied:
        file = open(f'/proc/1/{name}', 'rb', buffering=0)
        if name == 'mem' or file.read(10): won(name)
with denied: won(os.listdir('/proc/1/fd'))
""",
)
