"""Changes the interpreters, their libraries and their caches."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be able to write to any of them",
    outside="the interpreter and its library are the same files with the same contents",
    source="""
import json
places = [sys.executable, os.path.realpath(sys.executable), json.__file__, os.__file__, '/usr/bin/node', '/usr/bin/g++',
          '/bin/sh', '/etc/ld.so.cache', '/etc/passwd', code]
for path in places:
    with denied: os.close(os.open(path, os.O_WRONLY | os.O_APPEND)); won(path)
    with denied: os.rename(path, path + '.old'); won(path)
    with denied: os.chmod(path, 0o777); won(path)
    with denied: os.close(os.open(f'{os.path.dirname(path)}/livecode-{token}', os.O_CREAT)); won(os.path.dirname(path))
""",
)
