"""Reads where things lie in a runner's memory, the first step to anything else."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to read the mappings, the auxiliary vector, the stack or the present system call of a runner",
    outside="the runners live and their secrets are unread",
    source="""
for pid in runners:
    for name in ('maps', 'smaps', 'numa_maps', 'auxv', 'syscall', 'pagemap', 'personality'):
        with denied:
            if open(f'/proc/{pid}/{name}', 'rb').read(64): won(name)
""",
)
