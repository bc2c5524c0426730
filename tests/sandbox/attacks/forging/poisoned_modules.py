"""Leaves modules where the next run would import them: at home, in TMPDIR, in the folders of Python and node."""

from tests.sandbox.attacks.attack import OTHERS_OF_OUR_UID, Attack

ATTACK = Attack(
    must_not="be imported by a later run",
    outside="the next run prints 1 and nothing else",
    weaker=OTHERS_OF_OUR_UID,
    source="""
import site
poison = "print('poisoned')"
home = os.path.expanduser('~')
for folder in (site.getusersitepackages(), os.environ['PYTHONPATH'], *sys.path[1:], f'{home}/.node_modules', '/tmp'):
    for name in ('sitecustomize.py', 'usercustomize.py', 'poison.pth', 'encodings.py', 'index.js'):
        if folder != '/tmp':
            with denied: os.makedirs(folder, exist_ok=True)
            with denied: open(f'{folder}/{name}', 'x').write(poison)
with denied: os.makedirs(f'/tmp/livecode-{token}/node_modules')
for name in ('.profile', '.bashrc', '.gdbinit', '.npmrc', '.gitconfig', '.pythonrc'):
    with denied: open(f'{home}/{name}', 'x').write(poison)
""",
)
