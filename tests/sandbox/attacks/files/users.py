"""Makes itself another user, in the lists of users that it is shown and in those behind them."""

from pathlib import Path

from livecode.domain import Outcome
from tests.sandbox.attacks.arena import Arena
from tests.sandbox.attacks.attack import Attack
from tests.sandbox.conftest import SANDBOX


def _are_changed(arena: Arena, outcome: Outcome) -> str | None:
    shown = [path for path in (SANDBOX / "build/passwd", SANDBOX / "build/group") if path.exists()]
    spoiled = [path.name for path in (*shown, Path("/etc/passwd"), Path("/etc/group")) if "evil" in path.read_text()]
    return f"{spoiled} changed" if spoiled else None


ATTACK = Attack(
    must_not="be able to change them for itself or for later runs",
    outside="neither the machine's files nor those that runs are shown are changed",
    witness=_are_changed,
    source="""
for name in ('passwd', 'group', 'shadow'):
    path = f'/etc/{name}'
    with denied: open(path, 'a').write('evil::0:0::/:/bin/sh\\n'); won(f'{name} written')
    with denied: os.truncate(path, 0); won(f'{name} cut')
    with denied: os.chmod(path, 0o666); won(f'{name} opened')
    with denied: os.chown(path, os.getuid(), -1); won(f'{name} taken')
    with denied: os.utime(path); won(f'{name} touched')
    with denied: os.unlink(path); won(f'{name} removed')
    with denied: call('umount2', path.encode(), 2); won(f'{name} uncovered')
    open(name, 'w').write('evil::0:0::/:/bin/sh\\n')
    with denied: os.rename(name, path); won(f'{name} replaced')
    with denied: call('mount', name.encode(), path.encode(), 0, 4096, 0); won(f'{name} covered')
for place in glob.glob(f'{os.path.dirname(code)}/build/*'):
    with denied: open(place, 'r+b').write(b'evil'); won(place)
""",
)
