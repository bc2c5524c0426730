"""Sets variables that would be inherited: LD_PRELOAD, PYTHONSTARTUP, NODE_OPTIONS."""

from livecode.domain import Outcome
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack


def _next_is_poisoned(arena: Arena, outcome: Outcome) -> str | None:
    following, _ = arena.runner.run("python", "import os\nprint(*sorted(os.environ))")
    expected = "HOME LANG LOGNAME PATH PYTHONDONTWRITEBYTECODE PYTHONPATH TMPDIR USER\n"
    return None if following is not None and following.stdout == expected else f"the next run: {following}"


ATTACK = Attack(
    must_not="reach a later run's environment",
    outside="the next run has the eight variables that every run has",
    witness=_next_is_poisoned,
    source="""
for name in ('LD_PRELOAD', 'PYTHONSTARTUP', 'NODE_OPTIONS', 'LD_LIBRARY_PATH', 'GCC_EXEC_PREFIX'):
    os.environ[name] = os.getcwd()
    with denied: open('/etc/environment', 'a').write(f'{name}=1'); won(name)
with denied: open('/etc/ld.so.preload', 'a').write('x'); won('ld.so.preload')
""",
)
