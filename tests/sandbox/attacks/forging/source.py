"""Replaces its own source while it runs."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="change what the next run executes",
    outside="the next run prints 1",
    source="""
os.remove('main.py')
open('main.py', 'w').write("print('poisoned')")
for name in ('python', 'home', 'tmp'):
    with denied: open(f'../{name}/main.py', 'w').write("print('poisoned')")
os.execv(sys.executable, [sys.executable, '-c', "print('end')"])
""",
)
