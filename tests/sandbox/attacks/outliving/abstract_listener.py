"""Leaves a listening socket in a daemon, to meet later runs."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="be met by a later run",
    outside="no process and no socket of that name is left",
    source=r"""
if os.fork() == 0:
    os.setsid()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f'\0left-{token}')
    listener.listen()
    while True: time.sleep(600)
""",
)
