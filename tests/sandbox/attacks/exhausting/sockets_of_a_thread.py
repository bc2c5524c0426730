"""Opens more sockets than a run may, after its main thread has ended and taken what it shows with it."""

from tests.sandbox.attacks.attack import Attack

ATTACK = Attack(
    must_not="hold more sockets than the limit",
    outside="it is killed, and the next run prints 1",
    ends=("RUNTIME_ERROR",),
    harmless=False,
    source="""
def hold():
    kept = [socket.socketpair() for n in range(200)]
    time.sleep(10)
    won('it was let')
    os._exit(0)
threading.Thread(target=hold).start()
call({'x86_64': 60, 'aarch64': 93}[os.uname().machine], 0)
""",
)
