"""Has itself dumped, for files that appear in places of the kernel's choosing."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to make a core file",
    outside="no file appears in a shared folder, and the run's folder is removed",
    source="""
with denied:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); won('raised the limit')
child = subprocess.run([sys.executable, '-c', 'import os; os.abort()'])
for name in os.listdir('.'):
    if name.startswith('core'): won(name)
""",
)
